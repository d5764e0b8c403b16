"""I2C on the breadboard: what transfers do, how long they take, and how they fail, between real MicroPython processes."""

import math

import pytest
from small_boards import TEXT, Boards, said

TARGET = """
mem = bytearray(range(256))
t = target(0x20, mem)
while True:
    machine.idle()
"""


@pytest.fixture
def boards(tmp_path):
    return Boards(tmp_path)


def test_a_controller_reads_and_writes_a_memory(boards):
    lines, _ = boards.run(
        {
            "a": """
            i = controller()
            time.sleep_ms(50)
            print(i.scan())
            i.writeto_mem(0x20, 0x0010, b"hello", addrsize=16)
            print(i.readfrom_mem(0x20, 0x000E, 9, addrsize=16))
            i.writeto_mem(0x20, 254, b"wrap", addrsize=16)
            print(i.readfrom_mem(0x20, 254, 5, addrsize=16))
            print(i.readfrom_mem(0x20, 256 + 2, 2, addrsize=16))
            """,
            "b": TARGET,
        }
    )
    assert lines == ["[32]", str(b"\x0e\x0fhello\x15\x16"), str(b"wrap\x02"), str(b"\x02\x03")]


def test_a_board_sees_what_was_written_and_shows_what_it_wrote(boards):
    lines, simulation = boards.run(
        {
            "a": """
            i = controller()
            time.sleep_ms(50)
            i.writeto_mem(0x20, 0, b"\\1", addrsize=16)
            time.sleep_ms(1)
            print(i.readfrom_mem(0x20, 0, 4, addrsize=16))
            """,
            "b": """
            mem = bytearray(8)
            t = target(0x20, mem)
            while not mem[0]:
                machine.idle()
            print("written at", time.ticks_us() // 1000)
            mem[1] = mem[0] + 5
            machine.idle()
            """,
        }
    )
    assert lines == [str(b"\1\6\0\0")]
    assert said(simulation, "b") == ["written at 50"]  # at once, not at the next tick


@pytest.mark.parametrize("frequency", [100_000, 400_000, 1_000_000])
def test_a_transfer_takes_its_bits(boards, frequency):
    size = 200
    lines, simulation = boards.run(
        {
            "a": f"""
            i = controller({frequency})
            buf = bytearray({size})
            time.sleep_ms(50)
            t = time.ticks_us()
            i.writeto_mem(0x20, 0, buf, addrsize=16)
            u = time.ticks_us()
            i.readfrom_mem_into(0x20, 0, buf, addrsize=16)
            print(time.ticks_diff(u, t), time.ticks_diff(time.ticks_us(), u))
            """,
            "b": TARGET,
        }
    )
    wrote, read = map(int, lines[0].split())
    wire = simulation.circuit.wires["scl", "sda"]
    period = 1e6 / wire.real_hz(frequency)
    byte = 9 * period + max(0, 5 - 9 * period / 4)  # stretched, if a quarter of the byte does not hide the interrupt
    assert wrote == pytest.approx(100 + 2 * period + (3 + size) * byte, abs=4)
    assert read == pytest.approx(100 + 3 * period + (4 + size) * byte, abs=4)
    rise = (
        0.931 * 2200 / (1 + 2200 * 2 / 60_000) * (30 + 15) * 1e-6
    )  # RC to 2.0 of 3.3 V; two of three have their own pull-ups on
    assert period == pytest.approx(1e6 / frequency + rise, rel=1e-3)


def test_nobody_there(boards):
    lines, _ = boards.run({"a": "i = controller()\nprint(put(i, 0x21, b'x'), i.scan())"})
    assert lines == ["5 []"]  # EIO on rp2


def test_what_the_board_writes_and_what_the_controller_writes_do_not_undo_each_other(boards):
    lines, _ = boards.run(
        {
            "a": """
            i = controller()
            until(60000)
            i.writeto_mem(0x20, 100, b"C" * 100, addrsize=16)
            time.sleep_ms(50)
            print(i.readfrom_mem(0x20, 90, 120, addrsize=16))
            """,
            "b": """
            mem = bytearray(256)
            t = target(0x20, mem)
            until(61000)                 # in the middle of the transfer
            mem[90:95] = b"first"        # seen from the next request on
            for n in range(100, 200):
                if not mem[n]:
                    mem[n] = 66
            mem[205:209] = b"last"
            until(62000)
            time.sleep_ms(1)
            print(bytes(mem[90:210]))
            time.sleep_ms(100)
            """,
        },
    )
    text = eval(lines[0])
    assert text[:5] == b"first" and text[115:119] == b"last"
    middle = text[10:110]
    assert set(middle) == {66, 67}
    # Bytes that came after the board looked are the controller's, whatever the board wrote there before.
    assert middle.rstrip(b"C") + b"C" * (100 - len(middle.rstrip(b"C"))) == middle and middle.endswith(b"CCCC")


def test_two_controllers_that_begin_together_are_told_apart_by_their_bits(boards):
    lines, simulation = boards.run(
        {
            "a": """
            i = controller()
            until(60000)
            print(put(i, 0x20, b"\\xf0aaa"))
            """,
            "b": """
            i = controller()
            until(60000)
            print(put(i, 0x20, b"\\x0fbbb"))
            time.sleep_ms(10)
            print(i.readfrom_mem(0x20, 0, 4, addrsize=16))
            """,
            "c": TARGET,
        },
        seconds=1,
    )
    assert lines == ["5"]  # it lost: its first bit that differed was a 1
    assert said(simulation, "b") == ["None", str(b"\x0fbbb")]


def test_a_controller_waits_for_the_end_of_another(boards):
    lines, simulation = boards.run(
        {
            "a": "i = controller()\nuntil(60000)\nprint(put(i, 0x20, b'a' * 200))",
            "b": "i = controller()\nuntil(60500)\nprint(put(i, 0x20, b'b'), time.ticks_us() // 1000)",
            "c": TARGET,
        }
    )
    assert lines == ["None"]
    assert said(simulation, "b") == ["None 64"]


def test_two_boards_on_one_address_answer_together(boards):
    lines, _ = boards.run(
        {
            "a": """
            i = controller()
            time.sleep_ms(50)
            print(i.readfrom_mem(0x20, 0, 2, addrsize=16))
            i.writeto_mem(0x20, 0, b"ab", addrsize=16)
            print(i.readfrom_mem(0x20, 0, 2, addrsize=16))
            """,
            "b": "t = target(0x20, bytearray(b'\\xf0\\x3c'))\nwhile True: machine.idle()",
            "c": "t = target(0x20, bytearray(b'\\x3c\\xff'))\nwhile True: machine.idle()",
        }
    )
    assert lines == [str(b"\x30\x3c"), str(b"ab")]  # a line is low if one pulls it low


def test_the_fault_of_twins(boards):
    program = "t = target({}, bytearray(b'\\xf0\\x3c'))\nwhile True: machine.idle()"
    lines, _ = boards.run(
        {
            "a": "i = controller()\nfor n in range(3):\n  until(100000 + 200000*n)\n  print(i.scan())",
            "b": program.format(0x20),
            "c": program.format(0x21),
        },
        faults=["twins:b,c@400ms..600ms"],
    )
    assert lines == ["[32, 33]", "[32]", "[32, 33]"]


@pytest.mark.parametrize("net", ["sda", "scl"])
def test_a_stuck_line_is_a_timeout_and_goes_away(boards, net):
    lines, _ = boards.run(
        {
            "a": """
            i = controller(timeout=50000)
            pins = machine.Pin(10), machine.Pin(11)
            for n in range(3):
                until(100000 + 200000 * n)
                print(put(i, 0x20, b"x"), [pin() for pin in pins])
            """,
            "b": TARGET,
        },
        faults=[f"stuck:{net}=0@400ms..600ms"],
    )
    stuck = [0, 1] if net == "sda" else [1, 0]
    assert lines == ["None [1, 1]", f"110 {stuck}", "None [1, 1]"]


def test_a_line_that_gets_stuck_in_a_transfer_hangs_it(boards):
    lines, _ = boards.run(
        {
            "a": "i = controller()\nuntil(100000)\nprint(put(i, 0x20, bytes(200)), time.ticks_us() // 1000)",
            "b": TARGET,
        },
        faults=["stuck:sda=0@252ms"],  # 2 ms after it began: a board's clock starts 150 ms late
    )
    assert lines == ["110 150"]


def test_without_pull_ups_only_those_of_the_pins_are_left(boards):
    """Three pins of 60 kOhm each on 45 pF rise in 0.84 us: 400 kHz lets a bit rise in 1.5 us and gets slower, 1 MHz fails."""
    program = """
        for frequency in (400000, 1000000):
            i = controller(frequency)
            time.sleep_ms(50)
            t = time.ticks_us()
            print(put(i, 0x2A, bytes(100)), time.ticks_diff(time.ticks_us(), t) // 100, len(i.scan()))
        """
    other = "t = target(0x2A, bytearray(200))\nwhile True: machine.idle()"
    programs = {"a": program, "b": other, "c": other}
    good, _ = boards.run(programs)
    bad, _ = boards.run(programs, faults=["nopullup"])
    assert [line.split()[::2] for line in good] == [["None", "1"], ["None", "1"]]
    assert bad[0].split()[::2] == ["None", "1"] and int(bad[0].split()[1]) > 1.25 * int(good[0].split()[1])
    # An acknowledge that nobody gives follows a 0, and the line is still low: everybody seems to be there.
    assert bad[1].split()[2] == "112"


def test_a_bus_without_any_pull_up_never_rises(tmp_path):
    boards = Boards(tmp_path, TEXT.replace("pullups_ohm = [2200]", "pulldowns_ohm = [100]"))
    lines, simulation = boards.run({"a": "i = controller()\nprint(fails(i.writeto, 0x20, b'x'), machine.Pin(10)())"})
    assert lines == ["110 0"]
    assert not math.isfinite(simulation.circuit.nets["sda"].rise_ns())


def test_noise_turns_bits_as_often_as_it_says(boards):
    rounds, size, noise = 40, 250, 1e-3
    lines, _ = boards.run(
        {
            "a": f"""
            i = controller()
            time.sleep_ms(50)
            wrong = errors = 0
            buf = bytearray({size})
            for n in range({rounds}):
                try:
                    i.readfrom_mem_into(0x20, 0, buf, addrsize=16)
                    wrong += sum(bin(byte ^ 0xFF).count("1") for byte in buf)
                except OSError as error:
                    errors += 1
            print(wrong, errors)
            """,
            "b": f"mem = bytearray(b'\\xff' * {size})\nt = target(0x20, mem)\nwhile True: machine.idle()",
        },
        noise=noise,
        seed=5,
    )
    wrong, errors = map(int, lines[0].split())
    expected = rounds * size * 8 * noise
    assert 0.5 * expected < wrong < 1.5 * expected  # the memory is ones everywhere, as is a line on which nobody answers
    assert errors < rounds / 4


def test_noise_repeats_for_a_seed(boards):
    programs = {
        "a": "i = controller()\ntime.sleep_ms(50)\nfor n in range(20):\n  print(put(i, 0x20, bytes(100)))",
        "b": TARGET,
    }
    first, one = boards.run(programs, noise=1e-3, seed=1)
    again, two = boards.run(programs, noise=1e-3, seed=1)
    _, three = boards.run(programs, noise=1e-3, seed=2)
    assert first == again and one.digest() == two.digest() != three.digest()


def test_a_target_that_loses_its_power_in_a_transfer(boards):
    lines, _ = boards.run(
        {
            "a": """
            i = controller()
            until(100000)
            print(put(i, 0x20, bytes(200)), time.ticks_us() // 1000)
            until(400000)
            print(i.readfrom_mem(0x20, 0, 2, addrsize=16))
            until(500000)
            print(i.readfrom_mem(0x20, 0, 200, addrsize=16).rstrip(b"\\xff"))
            """,
            "b": "t = target(0x20, bytearray(b'q' * 250))\nwhile True: machine.idle()",
        },
        faults=["unplug:b@252ms..300ms", "unplug:b@651ms"],
        seconds=1,
    )
    assert lines[0] == "5 102"
    assert lines[1] == str(b"qq")
    assert 20 < len(eval(lines[2])) < 45  # the rest is what pull-ups give


def test_a_controller_that_is_reset_leaves_a_bus_that_works(boards):
    lines, _ = boards.run(
        {
            "a": "i = controller()\nuntil(110000)\nprint(put(i, 0x20, bytes(10)))",
            "b": "i = controller()\nuntil(100000)\ni.writeto_mem(0x20, 0, bytes(250), addrsize=16)\nprint('not reached')",
            "c": TARGET,
        },
        faults=["unplug:b@252ms"],
        seconds=1,
    )
    assert lines == ["None"]


def test_wrong_pins_are_refused(boards):
    lines, _ = boards.run(
        {
            "a": """
            try:
                machine.I2C(0, scl=machine.Pin(11), sda=machine.Pin(10))
            except ValueError as error:
                print(error)
            try:
                machine.Pin(24)
            except ValueError as error:
                print(error)
            """
        }
    )
    assert lines == ["bad SCL pin", "invalid pin"]


def test_the_bus_knows_how_busy_it_was(boards):
    _, simulation = boards.run(
        {
            "a": "i = controller()\ntime.sleep_ms(50)\nfor n in range(10): i.writeto_mem(0x20, 0, bytes(100), addrsize=16)",
            "b": TARGET,
        }
    )
    wire = simulation.circuit.wires["scl", "sda"]
    assert simulation.busy("sda") == pytest.approx(10 * (2 + 9 * 103) / wire.real_hz(400_000), rel=1e-3)
    assert wire.transfers == 10
