"""UART and GPIO lines as buses: memory of other boards, read and written through them by real MicroPython processes."""

import pytest
from wired_boards import KINDS, MEMORY, Wired

from shoal.virtual.breadboard.charges import CHARGES_NS
from shoal.virtual.breadboard.onboard import ops_bursts

SOON = "time.sleep_ms(50)\nw = wire()\n"


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_any_size_arrive_at_any_board(kind):
    program = SOON + "tell([moved(w, one, size) is not None for one in (0x20, 0x22) for size in (0, 1, 2, 7, 64, 999, 4999)])"
    assert Wired(kind).run(program) == [([True] * 14,)]


@pytest.mark.parametrize("kind", KINDS)
def test_places_beyond_the_memory_are_refused_and_do_no_harm(kind):
    program = SOON + """
write, read = fails(w.writeto_mem, 0x20, 4990, b"x" * 20), fails(w.readfrom_mem_into, 0x20, 65535, bytearray(1))
tell(write, read, moved(w, 0x20, 50) is not None)
"""
    [(write, read, after)] = Wired(kind).run(program)
    assert after is True
    assert {write, read} <= {None, 110}


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_at_an_address_is_soon_known(kind):
    program = SOON + "t = time.ticks_us()\ntell(fails(w.writeto_mem, 0x25, 0, b'x'), time.ticks_diff(time.ticks_us(), t))"
    [(code, us)] = Wired(kind).run(program)
    assert code == 110
    assert us < 5000


@pytest.mark.parametrize("kind", KINDS)
def test_a_board_that_computes_is_not_there_and_blocks_nobody(kind):
    computes = """
    t = target()
    memory = bytearray(5000)
    t.listen(wired["address"], memory)
    while not t.wait(100000):
        pass
    time.sleep_ms(300)
    while True:
        t.wait(100000)
    """
    program = SOON + """
w.writeto_mem(0x20, 0, b"go")
began = time.ticks_us()
write = fails(w.writeto_mem, 0x20, 0, b"go")
tell([write, moved(w, 0x21, 500) is not None, fails(w.readfrom_mem_into, 0x20, 0, bytearray(9))])
tell(time.ticks_diff(time.ticks_us(), began))
time.sleep_ms(320)
tell(moved(w, 0x20, 500) is not None)
"""
    wired = Wired(kind)
    first = next(name for name in wired.wiring.processors)
    (answers,), (us,), (again,) = wired.run(program, others={first: computes})
    assert answers == [110, True, 110]
    assert us < 100_000
    assert again is True


def python_us(size, answering=0):
    """What the programs of both ends take for a block, beside the wire: as charged in onboard/served.py."""
    return 353 + answering + 2 * 0.184 * size


@pytest.mark.parametrize("baud", [9600, 115_200, 1_000_000, 3_000_000])
def test_a_uart_carries_nearly_a_tenth_of_its_baud_rate(baud):
    program = SOON + "tell([moved(w, 0x20, size) for size in (1000, 4000)])"
    [(times,)] = Wired("uart", hz=baud).run(program, seconds=60.0)
    for size, both in zip((1000, 4000), times, strict=True):
        for us in both:
            rate = size / (us - python_us(size)) * 1e6 / (baud / 10)
            assert 0.90 < rate <= 1.0, (baud, size, rate)


@pytest.mark.parametrize(("kind", "edges", "lines"), [("gpio", 1, 8), ("gpio4", 2, 4)])
def test_gpio_lines_carry_what_python_can(kind, edges, lines):
    """A byte takes what the pin operations of both ends take, one after the other; 2,000 bytes little more."""
    [(times,)] = Wired(kind).run(SOON + "tell(moved(w, 0x20, 2000))")
    byte_us = edges * ((lines + 2) * CHARGES_NS["pin_write"] + lines * CHARGES_NS["pin_read"]) / 1000
    assert all(1.0 < (us - python_us(2000, 220)) / (2000 * byte_us) < 1.06 for us in times), (times, byte_us)


@pytest.mark.parametrize("kind", ["gpio", "gpio4"])
@pytest.mark.parametrize("size", [2, 5, 300])
def test_blocks_as_a_whole_take_the_time_of_their_pins(kind, size):
    wired = Wired(kind)
    program = SOON + f"tell(moved(w, 0x20, {size}))\nprint('end')"

    def times(pin_by_pin):
        with wired.simulation(program) as simulation:
            if pin_by_pin:
                handlers = simulation.requests.handlers
                handlers[ops_bursts.TALK] = handlers[ops_bursts.HEAR] = lambda session, a, b, payload: simulation.answer(session)
            simulation.run(lambda: any(line == "end" for _, _, line in simulation.console), 5.0)
        return eval(simulation.console[0][2])[0], simulation.steps

    (whole, few), (single, many) = times(False), times(True)
    assert whole == pytest.approx(single, rel=0.04)
    assert few < many


@pytest.mark.parametrize("kind", KINDS)
def test_noise_costs_time_and_nothing_else(kind):
    program = SOON + """
def tried():
    while True:
        try:
            return moved(w, 0x20, 3000) is not None
        except OSError as error:  # of a head that came damaged, nothing is heard
            assert error.errno == 110
tell([tried() for _ in range(4)], w.again)
"""
    [(right, again)] = Wired(kind).run(program, noise=1e-4, seed=3)
    assert right == [True] * 4
    assert again > 0


@pytest.mark.parametrize("kind", KINDS)
def test_two_boards_at_one_address_give_no_sense_and_soon(kind):
    twin = MEMORY.replace("bytearray(5000)", "bytearray([{0}] * 5000)").replace('wired["address"]', "0x20")
    program = SOON + """
began = time.ticks_us()
view = bytearray(28)
tell(fails(w.readfrom_mem_into, 0x20, 0, view), bytes(view) in (b"\\1" * 28, b"\\2" * 28))
tell(time.ticks_diff(time.ticks_us(), began))
"""
    wired = Wired(kind)
    one, two = wired.wiring.processors[:2]
    (code, sense), (us,) = wired.run(program, others={one: twin.format(1), two: twin.format(2)})
    assert code in (None, 110)
    assert not sense
    assert us < 400_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at_ms", [57, 63, 71, 88])
def test_unplugging_a_board_in_the_middle_leaves_the_others(kind, at_ms):
    program = SOON + """
codes = []
for _ in range(12):
    codes.append(fails(w.writeto_mem, 0x20, 0, pattern(400)))
    codes.append(fails(w.readfrom_mem_into, 0x20, 0, bytearray(400)))
tell(codes)
tell([moved(w, address, 300) is not None for address in (0x21, 0x22)])
"""
    wired = Wired(kind)
    (codes,), (others,) = wired.run(program, faults=[f"unplug:1@{(150 + at_ms) / 1000}s"])
    assert codes[-1] == 110
    assert others == [True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_controller_that_restarts_in_the_middle_is_served_again(kind):
    program = SOON + """
for _ in range(60):
    fails(w.writeto_mem, 0x21, 0, pattern(400))
tell([moved(w, address, 300) is not None for address in (0x20, 0x21, 0x22)])
"""
    wired = Wired(kind)
    place = [board.name for board in wired.wiring.boards].index(wired.controller)
    [(right,)] = wired.run(program, faults=[f"unplug:{place}@0.2215s", f"replug:{place}@0.3s"])
    assert right == [True, True, True]


@pytest.mark.parametrize("net", ["dav", "nrfd", "ndac", "atn", "d3"])
def test_a_line_that_is_held_low_ends_in_an_error_and_is_named(net):
    program = SOON + """
tell(moved(w, 0x21, 100) is not None)
time.sleep_ms(200)
tell(fails(w.writeto_mem, 0x21, 0, b"x"), w.stuck)
time.sleep_ms(400)
tell(moved(w, 0x21, 100) is not None)
"""
    (before,), (code, stuck), (after,) = Wired("gpio").run(program, faults=[f"stuck:{net}=0@0.25s..0.6s"])
    assert (before, code, stuck, after) == (True, 110, net, True)
