"""Computers with boards behind them, and one computer that gives them their work: large clusters on the simulated clock.

Every computer has a scheduler of its own. To the first one's scheduler the others are boards: a lump that it sends becomes a job
there. Shoal's own driver feeds one level; this is what two would do with the same scheduler at each. Computers of a tree are
alike, so of many only some are simulated in full (`branch.Twin`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shoal import catalog
from shoal.catalog import LinkFacts
from shoal.errors import UsageError
from shoal.model import Account
from shoal.predict import limits
from shoal.predict.agenda import SimulatedClock
from shoal.predict.board import AgentModel, Station
from shoal.predict.branch import Branch, Link, Twin
from shoal.predict.carrier import Agenda
from shoal.predict.host import Computer
from shoal.predict.layout import HOST, board_models, carrier, sized
from shoal.predict.model import BoardModel, HostModel, Sample
from shoal.predict.simulate import Program, basis_of, bus_of
from shoal.predict.wires import Channel, Gateways
from shoal.spec import Spec
from shoal.suggest import unknown

ETHERNET_S = 0.0002  # latency of a message between two computers on one switch: estimated
CALLS_IN_FULL = 100_000  # calls on computers that are simulated in full: up to ten seconds of work for this one,
CALLS_ON_BUSES = 40_000  # or so many, if their boards are on buses
WIFI_MBPS = 35.0  # documented of a Raspberry Pi Zero W


def tree(
    sample: Sample,
    spec: Spec,
    computers: int,
    gateways: int = 1,
    boards: int = 0,
    *,
    kind: str = "pi_4b",
    host: HostModel = HOST,
) -> Account:
    """The account expected of the sampled program on so many computers of a kind, each with the boards of `gateways` specs.

    `boards`: of each spec, if not as many as it says; `kind`: of the computers, a key of `catalog.computers()`, for their
    Ethernet and their watts; `host`: what a lump takes such a computer. The account's boards are all boards, without the
    computers. Raises UsageError for numbers and kinds that cannot be.
    """
    boards = boards or spec.count
    for what, count in (("computers", computers), ("gateways for each computer", gateways), ("boards", boards)):
        if count < 1:
            raise UsageError(f"cannot predict for {count} {what}: one or more are needed")
    if kind not in catalog.computers():
        raise UsageError(unknown("computer", kind, catalog.computers()))
    spec = sized(spec, boards)
    group = board_models(sample, spec, boards)
    clock = SimulatedClock()
    agent = AgentModel(sample.agent_lump_s, sample.agent_call_s, sample.compute_lump_s)
    trunk = Channel(clock, [_ethernet(kind)] * computers)
    root = Computer(clock, trunk, host)
    full = _in_full(sample, computers, CALLS_ON_BUSES if spec.bus else CALLS_IN_FULL)
    branches = []
    for index in range(computers - full, computers):  # the last, whose lumps are the smallest: the others can wait for their end
        wire = Gateways([carrier(spec, group)(clock) for _ in range(gateways)], boards)
        branches.append(Branch(clock, trunk, index, _computer(clock, wire, group, gateways, host, agent), root.take))
    twins = [Twin(clock, trunk, index, branches[index % full], root.take) for index in range(computers - full)]
    links: list[Link] = [*twins, *branches]
    root.attach(links)
    books = [board.book for branch in branches for board in branch.computer.boards]
    program = Program(clock, root, sample.jobs, books)
    program.run()
    lines = tuple(line for link in links for line in link.accounts(program.wall_s))
    busy = max(branch.computer.busy_s for branch in branches)
    return Account(
        program.wall_s,
        lines,
        0,
        True,
        notes=(*limits.notes(sample.jobs, group), *_notes(kind, computers, full)),
        bus=bus_of(branches[0].computer.carrier, program.wall_s),
        host_s=max(busy, root.busy_s),
        joules_basis=basis_of(lines),
    )


def _in_full(sample: Sample, computers: int, most: int) -> int:
    """How many of the computers are simulated in full, so that all calls of these are about `most`."""
    calls = sum(len(job.seconds) for job in sample.jobs)
    return max(1, min(computers, most * computers // max(1, calls)))


def _computer(
    clock: Agenda, wire: Gateways, group: Sequence[BoardModel], gateways: int, host: HostModel, agent: AgentModel
) -> Computer:
    """A computer with so many groups of boards."""
    computer = Computer(clock, wire, host)
    named = [replace(board, name=f"g{gateway + 1}-{board.name}") for gateway in range(gateways) for board in group]
    computer.attach([Station(clock, wire, index, board, agent, computer.take) for index, board in enumerate(named)])
    return computer


def _ethernet(kind: str) -> LinkFacts:
    """Gigabit Ethernet as that computer was measured; one that has none is as slow as its documented Wi-Fi."""
    byte_s = 8e-6 / (catalog.computers()[kind].ethernet_mbps or WIFI_MBPS)
    return LinkFacts("ethernet", "Ethernet", byte_s, byte_s, ETHERNET_S, True, byte_s)


def _notes(kind: str, computers: int, full: int) -> Iterator[str]:
    facts = catalog.computers()[kind]
    yield (
        f"note: joules are those of the boards; the {computers} computers ({facts.name}) take {computers * facts.idle_w:.0f} W "
        f"idle and up to {computers * facts.load_w:.0f} W more, their switches and supplies not counted"
    )
    if full < computers:
        yield f"note: {full} of the {computers} computers were simulated in full; the others are taken to do as these do"
