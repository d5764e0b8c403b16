"""The breadboard's boards in virtual time: pins, waits, interrupts, resets, faults, the USB terminal, costs, logs and replays."""

import json
import os
import signal
import time

import pytest
from small_boards import Boards, said

from shoal.errors import UsageError
from shoal.virtual.breadboard import engine, wiring
from shoal.virtual.breadboard import faults as words
from shoal.virtual.breadboard.simulation import Simulation, again


@pytest.fixture
def boards(tmp_path):
    return Boards(tmp_path)


# --- time ---


def test_time_passes_only_where_it_is_said_to(boards):
    lines, _ = boards.run(
        {
            "a": """
            t = time.ticks_us()
            for n in range(100000):
                pass
            print(time.ticks_diff(time.ticks_us(), t) < 10)
            time.sleep_ms(250)
            print(time.ticks_diff(time.ticks_us(), t) // 1000)
            time.sleep(0.5)
            time.sleep_us(250000)
            print(time.ticks_diff(time.ticks_us(), t) // 1000)
            """
        }
    )
    assert lines == ["True", "250", "1000"]


def test_an_hour_of_nothing_costs_nothing(boards):
    started = time.monotonic()
    lines, simulation = boards.run({"a": "time.sleep(3600)\nprint('there')"}, seconds=4000)
    assert lines == ["there"] and simulation.now == 4000
    assert time.monotonic() - started < 30


def test_idle_wakes_for_events_and_now_and_then(boards):
    lines, simulation = boards.run(
        {
            "a": """
            t = time.ticks_us()
            machine.idle()
            print(time.ticks_diff(time.ticks_us(), t) // 1000)
            while time.ticks_ms() < 1000:
                machine.idle()
            print(time.ticks_ms() < 1017)
            """
        },
        seconds=2,
    )
    assert lines == ["1", "True"]
    assert simulation.steps < 300


# --- pins ---


def test_wires_carry_levels(boards):
    lines, simulation = boards.run(
        {
            "a": """
            pin = machine.Pin(20, machine.Pin.OUT, value=0)
            until(100000)
            pin(1)
            until(200000)
            pin.toggle()
            until(300000)
            pin.init(machine.Pin.IN)
            """,
            "b": """
            pin = machine.Pin(20, machine.Pin.IN)
            for n in range(1, 4):
                until(n * 100000 - 5000)
                print(pin())
            pin.init(pull=machine.Pin.PULL_UP)
            until(400000)
            print(pin.value())
            pin.init(pull=machine.Pin.PULL_DOWN)
            time.sleep_ms(1)
            print(pin.value())
            """,
        }
    )
    assert lines == []
    assert said(simulation, "b") == ["0", "1", "0", "1", "0"]


def test_open_drain_is_low_if_one_pulls_low(boards):
    lines, simulation = boards.run(
        {
            "a": """
            pin = machine.Pin(21, machine.Pin.OPEN_DRAIN, value=1)
            print(pin())
            until(200000)
            print(pin())
            until(400000)
            print(pin())
            """,
            "b": """
            pin = machine.Pin(21, machine.Pin.OPEN_DRAIN, value=1)
            until(100000)
            pin(0)
            until(300000)
            pin(1)
            time.sleep(9)
            """,
        }
    )
    assert lines == ["1", "0", "1"]
    assert not simulation.circuit.nets["pulled"].shorted


def test_a_line_that_only_a_resistor_raises_takes_its_time(boards):
    lines, _ = boards.run(
        {
            "a": """
            pin = machine.Pin(21, machine.Pin.OPEN_DRAIN, value=0)
            time.sleep_ms(1)
            print(machine.time_pulse_us(machine.Pin(21), 0, 10), machine.time_pulse_us(machine.Pin(21), 1, 10))
            """,
            "b": "",
        }
    )
    assert lines == ["-1 -2"]


def test_two_that_drive_against_each_other_are_a_short(boards):
    with boards.simulation(
        {
            "a": "pin = machine.Pin(20, machine.Pin.OUT, value=1)\nuntil(100000)\nprint(pin())\ntime.sleep(9)",
            "b": "pin = machine.Pin(20, machine.Pin.OUT, value=0)\ntime.sleep(9)",
        }
    ) as simulation:
        simulation.advance(0.5)
        assert said(simulation, "a") == ["0"]
        assert simulation.circuit.nets["free"].shorted


def test_a_pin_that_nobody_holds_reads_anything(boards):
    lines, _ = boards.run({"a": "pin = machine.Pin(20, machine.Pin.IN)\ntime.sleep_ms(5)\nprint([pin() for _ in range(60)])"})
    assert set(json.loads(lines[0])) == {0, 1}


def test_pulses_are_measured(boards):
    lines, _ = boards.run(
        {
            "a": """
            pin = machine.Pin(20, machine.Pin.IN, machine.Pin.PULL_DOWN)
            print(machine.time_pulse_us(pin, 1, 1000000))
            print(machine.time_pulse_us(pin, 1, 1000))
            """,
            "b": "pin = machine.Pin(20, machine.Pin.OUT)\nuntil(50000)\npin(1)\ntime.sleep_us(700)\npin(0)\ntime.sleep(1)",
        }
    )
    width, none = map(int, lines)
    assert width == pytest.approx(702, abs=8) and none == -2


def test_lights_are_in_the_trace(boards):
    _, simulation = boards.run({"b": "led = machine.Pin('LED', machine.Pin.OUT)\nuntil(100000)\nled(1)\nuntil(200000)\nled(0)"})
    lit = [(us, level) for us, kind, name, level in simulation.trace if kind == "led" and name == "led-b"]
    assert lit == [(pytest.approx(250_000, abs=9), 1), (pytest.approx(350_000, abs=9), 0)]


# --- interrupts, timers, watchdog ---


def test_a_pins_interrupt_comes_in_a_sleep(boards):
    lines, _ = boards.run(
        {
            "a": """
            seen = []
            pin = machine.Pin(20, machine.Pin.IN, machine.Pin.PULL_DOWN)
            pin.irq(lambda pin: seen.append((time.ticks_ms(), pin())), machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING)
            time.sleep_ms(300)
            print(seen, time.ticks_ms())
            """,
            "b": "pin = machine.Pin(20, machine.Pin.OUT)\nuntil(50000)\npin(1)\nuntil(120000)\npin(0)\ntime.sleep(9)",
        }
    )
    assert lines == ["[(50, 1), (120, 0)] 300"]


def test_timers(boards):
    lines, _ = boards.run(
        {
            "a": """
            ticks = []
            timer = machine.Timer(-1)
            timer.init(period=100, callback=lambda t: ticks.append(time.ticks_ms()))
            once = machine.Timer(period=250, mode=machine.Timer.ONE_SHOT, callback=lambda t: ticks.append("once"))
            time.sleep_ms(550)
            timer.deinit()
            time.sleep_ms(550)
            print(ticks)
            """
        }
    )
    assert lines == ["[100, 200, 'once', 300, 400, 500]"]


def test_a_watchdog_bites_whoever_does_not_feed_it(boards):
    lines, simulation = boards.run(
        {
            "a": """
            print("start", machine.reset_cause())
            dog = machine.WDT(timeout=500)
            for n in range(3):
                time.sleep_ms(400)
                dog.feed()
            time.sleep_ms(600)
            """
        },
        seconds=3.0,
    )
    assert lines == ["start 1", "start 3"]
    bites = [us for us, kind, _, _ in simulation.trace if kind == "watchdog"]
    assert bites == [pytest.approx(1_850_000, abs=50)]


def test_reset(boards):
    lines, _ = boards.run({"a": "print(machine.reset_cause())\ntime.sleep_ms(500)\nmachine.reset()"}, seconds=1)
    assert lines == ["1", "3"]  # an RP2040 is reset through its watchdog


def test_a_program_that_fails_says_why_and_leaves_the_board_there(boards):
    lines, simulation = boards.run(
        {"a": "t = target(0x20, bytearray(4))\n1 / 0", "b": "i = controller()\nuntil(99000)\nprint(i.scan())"}
    )
    assert lines[-1] == "ZeroDivisionError: divide by zero"
    assert said(simulation, "b") == ["[32]"]  # its hardware goes on


def test_a_program_too_large_for_its_board(boards):
    lines, _ = boards.run({"a": "print('x')\na = bytearray(700000)"})
    assert lines[-1].startswith("MemoryError")


# --- faults ---


def test_unplugged_and_plugged_in_again(boards):
    lines, simulation = boards.run(
        {"a": "pin = machine.Pin(20, machine.Pin.OUT, value=1)\nprint('here')\ntime.sleep(9)"},
        faults=["unplug:a@1s..2s", "brownout:a@3s"],
        seconds=4,
    )
    assert lines == ["here"] * 3
    assert [(us, kind) for us, kind, _, _ in simulation.trace if kind in ("boot", "fault")] == [
        *[(0, "boot")] * 3,
        (1_000_000, "fault"),
        (2_000_000, "boot"),
        (3_000_000, "fault"),
        (3_050_000, "boot"),
    ]


def test_a_board_that_was_unplugged_before_it_got_power_gets_none():
    made = wiring.load("picocray")
    with Simulation(made, faults=[words.parse("unplug:p3@0s..3s", made)]) as simulation:
        simulation.advance(2.5)  # the others have booted by then
        assert sorted(simulation.powered) == sorted({board.name for board in made.boards} - {"p3"})
        simulation.advance(3.5)
        assert [us for us, kind, name, _ in simulation.trace if (kind, name) == ("boot", "p3")] == [3_000_000]


def test_a_board_without_power_holds_no_line(boards):
    lines, _ = boards.run(
        {
            "a": "pin = machine.Pin(21)\nuntil(100000)\nprint(pin())\nuntil(500000)\nprint(pin())",
            "b": "pin = machine.Pin(21, machine.Pin.OUT, value=0)\ntime.sleep(9)",
        },
        faults=["unplug:b@400ms"],
    )
    assert lines == ["0", "1"]


def test_faults_may_be_added_while_it_runs(boards):
    with boards.simulation({"a": "time.sleep(9)"}) as simulation:
        simulation.advance(1)
        simulation.inject(words.parse("unplug:a@0s", simulation.wiring))
        simulation.advance(1.1)
        assert "a" not in simulation.powered
        simulation.inject(words.parse("replug:a@2s", simulation.wiring))
        simulation.advance(2.5)
        assert "a" in simulation.powered


def test_a_slow_board(boards):
    program = {
        "a": """
        import work
        until(900000)
        t = time.ticks_us()
        work.step(50)
        print(time.ticks_diff(time.ticks_us(), t))
        """
    }
    files = {"work.py": b"def step(n): return n"}
    took = [int(boards.run(program, files=files, faults=faults)[0][0]) for faults in ([], ["slow:a=3@1s"])]
    assert took == [pytest.approx(200, abs=3), pytest.approx(600, abs=3)]  # 100 + 2 * 50, and two looks at the clock


# --- costs ---

WORK = b"""
def step(n):
    return bytes([n]) * 3
def length(n):
    return bytes(n)
def given(items):
    return 0
def whole(n):
    return step(n), step(n)
def unknown(n):
    for n in range(n):
        pass
"""


def test_costs_are_charged_wherever_a_function_was_imported_to(boards):
    lines, _ = boards.run(
        {
            "a": """
            import work, costs
            from work import step, length, given
            from other import twice
            def took(function, *args):
                t = time.ticks_us()
                function(*args)
                return time.ticks_diff(time.ticks_us(), t) - 1
            print(took(work.step, 10), took(step, 10), took(length, 10), took(given, bytes(4)), took(twice, 10))
            print(took(costs.measured(work.whole), 10))
            print(took(costs.measured(work.unknown), 100000) > 1000)
            """
        },
        files={
            "work.py": WORK,
            "other.py": b"from work import step as again\nfrom work import step\ndef twice(n):\n again(n); step(n)\n",
        },
        seconds=30,
    )
    assert lines == ["161 161 50 28 321", "321", "True"]


# --- the terminal ---


def test_the_terminal_is_what_the_agents_port_expects(boards):
    with boards.simulation(
        {
            "a": """
            from shoal_board.ports.usb import Port
            port = Port()
            print(bool(port.ready(100)), time.ticks_ms())
            view = memoryview(bytearray(5))
            while port.read(view):
                port.write(bytes(view) + b"!")
            """
        }
    ) as simulation:
        usb = simulation.usb("a")
        simulation.advance(1)
        assert usb.read() == b"False 100\r\n"
        usb.write(b"\xa512")
        simulation.advance(2)
        assert usb.read() == b""
        usb.write(b"34\xa5abcd")
        simulation.advance(3)
        assert usb.read() == b"\xa51234!\xa5abcd!"
        usb.plugged = False
        usb.write(b"lost!")
        simulation.advance(4)
        assert usb.read() == b""


# --- determinism ---

BUSY = {
    "a": """
    import os
    i = controller()
    time.sleep_ms(20)
    for n in range(100):
        size = os.urandom(1)[0]
        try:
            i.writeto_mem(0x20 + n % 2, size, os.urandom(size + 1), addrsize=16)
            print(i.readfrom_mem(0x21 - n % 2, 0, size, addrsize=16)[:8])
        except OSError as error:
            print(error.errno)
    """,
    "b": "mem = bytearray(300)\nt = target(0x20, mem)\nwhile True:\n  machine.idle()\n  mem[0:8] = b'%8d' % time.ticks_us()",
    "c": "mem = bytearray(300)\nt = target(0x21, mem)\nwhile True:\n  machine.idle()\n  mem[0:8] = b'%8d' % time.ticks_us()",
}


def test_a_run_repeats_for_a_seed(boards):
    faults = ["noise=1e-4", "brownout:b@250ms..260ms", "stuck:sda=0@300ms..310ms"]
    runs = [boards.run(BUSY, seed=seed, faults=faults, seconds=2) for seed in (4, 4, 5)]
    assert len(runs[0][0]) == 100
    assert runs[0][0] == runs[1][0] != runs[2][0]
    assert runs[0][1].digest() == runs[1][1].digest() != runs[2][1].digest()


def test_how_time_is_cut_into_pieces_changes_nothing(boards):
    whole, one = boards.run(BUSY, seed=4, seconds=1)
    with boards.simulation(BUSY, seed=4) as two:
        for n in range(1, 1001):
            two.advance(n / 1000)
    assert one.digest() == two.digest() and said(two, "a") == whole


def test_the_log_of_a_run_replays(boards, tmp_path):
    log = tmp_path / "run.jsonl"
    program = """
        import costs, select
        spin = costs.measured(lambda n: [n * 0.5 for n in range(2000)])
        poll = select.poll()
        poll.register(sys.stdin, select.POLLIN)
        while True:
            poll.poll(-1)
            key = sys.stdin.buffer.read(1)
            spin(3)
            print(key, time.ticks_us())
        """
    with boards.simulation({"a": program, "b": BUSY["b"]}, seed=3, record=log, noise=1e-4) as first:
        first.advance(0.5)
        first.usb("a").write(b"ab")
        assert first.run(lambda: len(said(first, "a")) == 1, 9)  # in the middle of things
        first.usb("a").write(b"c")
        first.inject(words.parse("unplug:b@0s", first.wiring))
        first.advance(first.now + 1)
        first.usb("a").plugged = False
        first.advance(first.now + 1)
    assert len(said(first, "a")) == 3
    with again(log) as second:
        second.advance(second.log.end[0] / 1e9)
        assert second.digest() == second.log.end[1] == first.digest()
    assert second.console == first.console


def test_a_log_of_another_run_is_refused(boards, tmp_path):
    log = tmp_path / "run.jsonl"
    with boards.simulation({"a": ""}, record=log) as simulation:
        simulation.advance(1)
    with pytest.raises(UsageError, match="differs in seed"):
        boards.simulation({"a": ""}, replay=log, seed=9)
    log.write_text("no log")
    with pytest.raises(UsageError, match="not the log of a breadboard"):
        again(log)


# --- what does not end ---

ENDLESS = """
    import costs, os
    class Typing:
        def readinto(self, buffer):
            buffer[0] = 3
            return 1
    def stop(timer):
        os.dupterm(Typing())
        os.dupterm_notify(None)
        os.dupterm(None)
    def spin():
        while True:
            pass
    {}
    try:
        costs.measured(spin)()
    except KeyboardInterrupt:
        print("stopped", time.ticks_ms())
    """


def test_what_does_not_end_is_stopped_by_the_boards_timer(boards, monkeypatch):
    monkeypatch.setattr(engine, "ENDLESS_S", 0.3)
    lines, _ = boards.run({"a": ENDLESS.format("timer = machine.Timer(period=700, callback=stop)")})
    assert lines == ["stopped 700"]


def test_what_does_not_end_keeps_nobody_else(boards, monkeypatch):
    monkeypatch.setattr(engine, "ENDLESS_S", 0.3)
    programs = {"a": ENDLESS.format("dog = machine.WDT(timeout=900)"), "b": "time.sleep(1)\nprint('b')"}
    lines, simulation = boards.run(programs, seconds=1.5)
    assert lines == [] and said(simulation, "b") == ["b"]
    assert [us for us, kind, _, _ in simulation.trace if kind == "watchdog"] == [1_050_000]


def test_a_board_that_only_looks_at_its_clock_sees_what_was_written(boards):
    program = {
        "a": "i = controller()\nuntil(100000)\nput(i, 0x20, b'x')",
        "b": """
        mem = bytearray(2)
        t = target(0x20, mem)
        while time.ticks_ms() < 500 and not mem[0]:
            pass
        print(time.ticks_ms())
        """,
    }
    assert 100 <= int(boards.run(program, board="b")[0][0]) <= 102


def test_a_light_goes_out_with_its_board(boards):
    _, simulation = boards.run({"b": "led = machine.Pin(25, machine.Pin.OUT, value=1)\ntime.sleep(9)"}, faults=["unplug:b@1s"])
    assert [level for _, kind, name, level in simulation.trace if kind == "led" and name == "led-b"] == [1, 0]


# --- flash and processes ---


def test_a_board_has_a_flash_of_its_own_that_outlives_its_power(boards):
    program = """
        import os
        try:
            with open("/kept/count") as file:
                count = int(file.read())
        except OSError:
            os.mkdir("/kept")
            count = 0
        with open("/kept/count", "w") as file:
            file.write(str(count + 1))
        print(count, sorted(os.listdir("/"))[-3:], open("data/x.txt").read())
        """
    lines, simulation = boards.run(
        {"a": program, "b": program},
        files={"data/x.txt": b"for all", "b:data/x.txt": b"for b"},
        faults=["brownout:a@500ms"],
    )
    assert [line[0] for line in lines] == ["0", "1"] and lines[0].endswith("for all")
    assert said(simulation, "b")[0].startswith("0") and said(simulation, "b")[0].endswith("for b")


def test_long_prints_arrive_whole(boards):
    lines, _ = boards.run({"a": "print('x' * 20000)\nprint('end', end='!')\nprint()"})
    assert lines == ["x" * 20000, "end!"]


def test_no_process_is_left(boards):
    with pytest.raises(ZeroDivisionError), boards.simulation({"a": "while True: machine.idle()"}) as simulation:
        simulation.advance(0.5)
        process = simulation.stations["a"].session.process
        pid = simulation._nursery.pid(process)
        os.kill(pid, 0)
        raise ZeroDivisionError
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the board's process lives")


def test_a_process_that_dies_is_a_crash_of_that_board_only(boards):
    with boards.simulation({"a": "while True: machine.idle()", "b": "time.sleep(1)\nprint('b')"}) as simulation:
        simulation.advance(0.5)
        os.kill(simulation._nursery.pid(simulation.stations["a"].session.process), signal.SIGKILL)
        simulation.advance(1.5)
    assert said(simulation, "b") == ["b"]
    assert [name for _, kind, name, _ in simulation.trace if kind == "crashed"] == ["a"]


def test_two_cores_work_side_by_side(boards):
    lines, _ = boards.run(
        {
            "a": """
            import costs, work
            from _thread import start_new_thread
            def second(state):
                work.step(state)
                state[0] = 0
            def both():
                state = bytearray((100, 100))
                start_new_thread(second, (state,))
                work.step(b"\\x64")
                while state[0]:
                    pass
            t = time.ticks_us()
            costs.measured(both)()
            print(time.ticks_us() - t)
            """
        },
        files={"work.py": b"def step(items): return [sum(items)]"},
    )
    assert int(lines[0]) == pytest.approx(100 + 2 * 200, abs=4)  # the second's; the first took 300 of it
