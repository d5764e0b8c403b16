"""The simulated clock: what it says of jobs whose costs are known, and that its messages are those that really travel."""

import dataclasses
import math
from array import array

import pytest

from shoal import catalog, protocol
from shoal.errors import SpecError, UsageError
from shoal.predict import limits
from shoal.predict.agenda import SimulatedClock
from shoal.predict.board import AgentModel
from shoal.predict.calls import Calls
from shoal.predict.layout import HOST, board_models, carrier, expected, host_model, link_s
from shoal.predict.model import BoardModel, HostModel, Job, Sample
from shoal.predict.simulate import simulate
from shoal.predict.wires import Channel, OwnWire
from shoal.spec import parse

NO_HOST = HostModel(0.0, 0.0)
BOARD_FRAME = 2048
LINKS = ["pipe", "usb", "tcp", "i2c@400k", "uart@1M"]


def picos(count, **more):
    return [BoardModel(f"pico-{number + 1}", "pico", **more) for number in range(count)]


def own(link, count):
    links = [catalog.links()[link]] * count
    return lambda agenda: OwnWire(agenda, links)


def sample(*jobs, lump_s=0.01, call_s=0.001, **more):
    return Sample(jobs, "pico", lump_s, call_s, **more)


def parts(board):
    return board.compute_s + board.link_s + board.waiting_s + board.idle_s


def test_things_happen_in_time_and_in_the_order_asked_for():
    clock, seen = SimulatedClock(), []
    for time, name in ((2.0, "d"), (1.0, "b"), (1.0, "c"), (-1.0, "a"), (3.0, "never")):
        clock.at(time, lambda name=name: seen.append((name, clock.now)))
    clock.at(2.5, clock.stop)
    clock.run()
    assert seen == [("a", 0.0), ("b", 1.0), ("c", 1.0), ("d", 2.0)]


def test_one_board_takes_what_its_calls_its_agent_and_its_bytes_take():
    job = Job("work", [0.1] * 50, 4, 5, code=100, first_s=0.2, chunk=10)
    account = simulate([job], picos(1), own("usb", 1), NO_HOST, AgentModel(0.01, 0.001, 0.002))
    link = catalog.links()["usb"]
    # 5 lumps of 10 calls. Bytes: 16 of a frame and 16 of a lump, 40 of its calls; code in 4 frames; an answer's 16 + 20 + 50.
    out, back = 5 * (16 + 16 + 40) + 100 + 4 * 16, 5 * (16 + 20 + 50)
    served = out * link.to_board_s_per_byte + back * link.to_host_s_per_byte
    (board,) = account.boards
    assert (board.calls, board.lumps, board.bytes_out, board.bytes_in) == (50, 5, out, back)
    assert board.compute_s == pytest.approx(50 * 0.1 + 5 * 0.002)
    assert board.link_s == pytest.approx(5 * 0.01 + 50 * 0.001 + 0.2 + served)
    assert board.waiting_s == pytest.approx(2 * link.latency_s)  # only for the first: two lumps are on a board
    assert account.wall_s == pytest.approx(parts(board))


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("count", [1, 3, 16])
def test_parts_are_the_wall_time_and_every_call_is_answered_once(link, count):
    jobs = (
        Job("one", [0.002 + 0.0001 * (number % 7) for number in range(300)], 8, 40.0, code=600, first_s=0.1),
        Job("two", [0.05] * 7, (30, 30, 700, 30, 3000, 30, 30), [2.0, 5000.0, 2.0, 2.0, 2.0, 2.0, 2.0], after=0.5),
        Job("one", [0.002] * 40, 8, 40.0, after=0.01),
    )
    spec = parse(f"virtual:1xpico?pace=real&link={link}")
    account = expected(sample(*jobs), spec, count)
    assert account.calls == 347
    for board in account.boards:
        assert parts(board) == pytest.approx(account.wall_s, rel=1e-9)
        assert min(board.compute_s, board.link_s, board.waiting_s, board.idle_s) >= 0
    assert account == expected(sample(*jobs), spec, count), "the same question has the same answer"
    assert (account.bus is not None) == ("@" in link)


def test_the_time_between_jobs_is_not_wall_time():
    job = Job("work", [0.1] * 5, 4, 5)
    apart = simulate([job, dataclasses.replace(job, after=100.0)], picos(2), own("usb", 2), HOST, (0.01, 0.0))
    together = simulate([job, job], picos(2), own("usb", 2), HOST, (0.01, 0.0))
    assert apart.wall_s == pytest.approx(together.wall_s, rel=1e-6)


def test_dear_calls_gain_from_boards_and_cheap_ones_on_a_bus_do_not():
    dear, cheap = Job("dear", [0.2] * 160, 8, 10.0), Job("cheap", [0.0005] * 2000, 8, 400.0)
    usb, bus = parse("virtual:1xpico?link=usb"), parse("virtual:1xpico?link=i2c@100k")
    assert expected(sample(dear), usb, 1).wall_s / expected(sample(dear), usb, 16).wall_s > 12
    assert expected(sample(cheap), bus, 1).wall_s / expected(sample(cheap), bus, 16).wall_s < 1.5


@pytest.mark.parametrize("wire", ["i2c@100k", "i2c@400k", "uart@1M"])
@pytest.mark.parametrize("seconds", [0.01, 0.037])
def test_the_scheduler_makes_lumps_that_are_worth_their_turns_on_a_bus(wire, seconds):
    """A lump takes the controller about 9 ms whatever is in it. Once lumps were of one call, and chunksize=8 halved the time."""
    spec = parse(f"virtual:1xpico?link={wire}")

    def wall(chunk):
        return expected(sample(Job("work", [seconds] * 3000, 8, 10.0, chunk=chunk), lump_s=0.0025, call_s=0.0), spec, 8).wall_s

    assert wall(0) < 1.25 * min(map(wall, (4, 8, 16, 32)))


def test_a_slow_host_holds_up_many_boards():
    job = Job("work", [0.01] * 4000, 8, 10.0, chunk=1)
    slow = simulate([job], picos(16), own("pipe", 16), HostModel(0.004, 0.001), (0.0, 0.0))
    assert slow.wall_s >= 4000 * 0.005
    assert slow.host_s == pytest.approx(4000 * 0.005, rel=0.01)  # of lumps that were repeated at the end it has half
    assert simulate([job], picos(16), own("pipe", 16), NO_HOST, (0.0, 0.0)).wall_s < 3


def test_a_slow_board_gets_less_and_what_it_is_late_with_is_repeated():
    boards = [*picos(3), BoardModel("old", "pico", slower=30.0)]
    job = Job("work", [0.2] * 40, 8, 10.0)
    once, twice = (simulate([job] * times, boards, own("usb", 4), HOST, (0.001, 0.0)) for times in (1, 2))
    assert once.boards[3].calls < min(board.calls for board in once.boards[:3])
    assert twice.calls == 80
    assert twice.wall_s - once.wall_s < 30 * 0.2, "nobody waits for a board that is known to be slow"


def test_withdrawn_lumps_leave_the_books_in_order():
    """Costs that vary a hundredfold: the tail is repeated, and what became pointless is withdrawn or stopped."""
    costs = [0.5 if number % 50 == 49 else 0.005 for number in range(400)]
    account = simulate([Job("work", costs, 8, 10.0)] * 3, picos(8), own("usb", 8), HOST, (0.002, 0.0001))
    assert account.calls == 1200
    assert sum(board.repeated for board in account.boards) > 0
    for board in account.boards:
        assert parts(board) == pytest.approx(account.wall_s)


def test_boards_that_share_a_radio_share_its_time():
    job = Job("work", [0.001] * 400, 8, 2000.0, chunk=10)
    facts = dataclasses.replace(catalog.links()["wifi_pico_w"], channel_s_per_byte=1e-5, to_host_s_per_byte=1e-6)

    def run(count):
        return simulate([job], picos(count), lambda agenda: Channel(agenda, [facts] * count), NO_HOST, (0.0, 0.0))

    least = 400 * 2000 * 1e-5
    assert run(1).wall_s > least
    assert least < run(16).wall_s < run(1).wall_s
    assert run(16).bus.busy_s >= least


def test_the_catalogue_gives_kinds_heaps_and_watts():
    spec = parse("virtual:2xpico+1xesp32?link=usb")
    pico, _, esp32 = board_models(sample(), spec, 3)
    assert (pico.name, pico.slower, esp32.kind) == ("pico-1", 1.0, "esp32_wroom")
    assert esp32.slower == pytest.approx(catalog.boards()["esp32_wroom"].mandel_ms / catalog.boards()["pico"].mandel_ms)
    assert 0 < pico.heap < catalog.boards()["pico"].heap_bytes
    assert pico.load_w == catalog.boards()["pico"].load_w
    account = expected(sample(Job("work", [0.1] * 60, 8, 10.0)), spec, 3)
    assert account.joules > 0
    assert account.joules_basis in catalog.BASES


@pytest.mark.parametrize("text", ["usb:", "tcp:10.0.0.7", "emulated:1xpico", "breadboard:picocray", "breadboard:uart?freq=500k"])
def test_every_kind_of_spec_can_be_predicted_for(text):
    assert expected(sample(Job("work", [0.1] * 60, 8, 10.0)), parse(text), 4).speed_up > 2


def test_the_links_part_of_the_agent_is_that_of_its_bytes():
    link = catalog.links()["usb"]
    seconds = link_s(parse("virtual:1xpico?link=usb"), "pico", 100, 50)
    assert seconds == pytest.approx(116 * link.to_board_s_per_byte + 66 * link.to_host_s_per_byte)
    for bus in ("i2c@400k", "uart@1M"):
        assert 0 <= link_s(parse(f"virtual:1xpico?link={bus}"), "pico", 3000, 3000) < 1


def test_what_the_user_measured_is_used_and_named(tmp_path, monkeypatch):
    file = tmp_path / catalog.MEASURED_NAME
    file.write_text(
        '[sources]\nyours = "a test"\n[calibrations.usb]\nhost_lump_s = {value = 0.5, unit = "s"}\n'
        'host_call_s = {value = 0.0, unit = "s"}\n'
    )
    monkeypatch.setattr("shoal.config.folder", lambda: tmp_path)
    catalog.forget()
    try:
        assert host_model(parse("usb:")) == HostModel(0.5, 0.0)
        assert host_model(parse("virtual:1xpico?link=usb")) == HOST
        account = expected(sample(Job("work", [0.1] * 6, 8, 10.0, chunk=1)), parse("usb:"), 4)
        assert account.wall_s >= 6 * 0.5
        assert any("calibrations.usb.host_lump_s" in note for note in account.notes)
    finally:
        monkeypatch.undo()
        catalog.forget()


# --- messages are as large as those that travel


def wire_bytes(messages):
    """Bytes and frames of messages, written by the peer that writes them."""
    peer = protocol.Peer(BOARD_FRAME, 64, 0)
    peer.granted = 64
    for op, buffers in messages:
        peer.send(op, buffers)
    size = frames = 0
    while (frame := peer.output(0)) is not None:
        size += sum(len(buffer) for buffer in frame)
        frames += 1
    return size, frames


@pytest.mark.parametrize("count", [1, 60, 128, 129, 600, 3000])
def test_a_lump_of_numbers_is_as_large_as_it_is(count):
    stored, call = protocol.call_map(1, 0, array("i", range(count)))
    size, frames = wire_bytes([*(protocol.store(stored, BOARD_FRAME) if stored else ()), call])
    part = Calls(Job("f", [0.0] * count, 4, 5)).part(0, count)
    assert part.frames == frames
    assert abs(part.out - size) <= 8


@pytest.mark.parametrize("values", [[b"x" * 20] * 30, [b"x" * 600] * 2, [b"x" * 5000, b"y"], ["word"] * 300])
def test_a_lump_of_calls_is_as_large_as_it_is(values):
    calls = [protocol.encode_call((value,), {})[0] for value in values]
    messages = [message for call in calls for stored in call.stored for message in protocol.store(stored, BOARD_FRAME)]
    size, frames = wire_bytes([*messages, protocol.call(1, 0, [call.data for call in calls])])
    part = Calls(Job("f", [0.0] * len(calls), tuple(call.size for call in calls), 5)).part(0, len(calls))
    assert part.frames == frames
    assert abs(part.out - size) <= 8 * max(1, len(messages))


# --- wrong use


def test_figures_that_do_not_belong_together_are_refused():
    with pytest.raises(UsageError, match="one board or more"):
        simulate([], [], own("usb", 1), HOST, (0.0, 0.0))
    with pytest.raises(UsageError, match="2 calls, but 3 sizes"):
        Calls(Job("f", [1.0, 1.0], (1, 2, 3), 5))
    with pytest.raises(UsageError, match="2 calls, but 1 results"):
        Calls(Job("f", [1.0, 1.0], 4, [5.0]))
    for wrong in (-1.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="seconds of the job of f must be figures from 0 on"):
            Calls(Job("f", [1.0, wrong], 4, 5))
        with pytest.raises(UsageError, match="results of the job of f"):
            Calls(Job("f", [1.0, 1.0], 4, wrong))


def test_specs_that_say_too_little_are_refused():
    with pytest.raises(UsageError, match="link=i2c@400k"):
        carrier(parse("bus:/dev/ttyACM0"), picos(1))
    with pytest.raises(UsageError, match=r"no board of the catalogue: .*'pico3'"):
        expected(dataclasses.replace(sample(Job("f", [1.0], 4, 5)), kind="pico3"), parse("usb:"), 1)
    for text in ("usb:", "virtual:1xpico", "virtual:1xpico?link=i2c@400k"):
        with pytest.raises(SpecError, match="boards are asked for"):
            expected(sample(Job("f", [1.0], 4, 5)), parse(text), 0)


def test_no_calls_take_no_time():
    for jobs in ([], [Job("f", [], 4, 5)]):
        account = simulate(jobs, picos(2), own("usb", 2), HOST, (0.01, 0.0))
        assert (account.wall_s, account.calls, account.speed_up) == (0.0, 0, 0.0)


def test_what_boards_cannot_do_is_said():
    boards = [*picos(1), BoardModel("small", "pico", slower=2.0, heap=30_000)]
    (memory,) = limits.notes([Job("f", [1.0], 4, 20_000.0)], boards)
    assert "may fail there with MemoryError" in memory
    assert "small" in memory
    (late,) = limits.notes([Job("f", [1.0, 0.4], 4, 5, timeout=1.0)], boards)
    assert late.startswith("note: 1 of 2 calls of f take longer than their timeout of 1 s on small")
    assert limits.notes([Job("f", [1.0], 4, 5, timeout=3.0)], boards) == ()
