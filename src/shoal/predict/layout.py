"""What a spec means to a prediction: its boards, its links and its computer, from the catalogue and the sample."""

from collections.abc import Callable
from dataclasses import replace

from shoal import catalog, defaults
from shoal.catalog import LinkFacts
from shoal.errors import SpecError, UsageError
from shoal.model import Account
from shoal.predict.agenda import SimulatedClock
from shoal.predict.board import AgentModel
from shoal.predict.calls import framed
from shoal.predict.carrier import Agenda, Carrier
from shoal.predict.gateway import gateway
from shoal.predict.model import BoardModel, HostModel, Sample
from shoal.predict.simulate import simulate
from shoal.predict.wires import Channel, OwnWire
from shoal.spec import BOARD_NAMES, TCP, Bus, Spec
from shoal.suggest import unknown

AGENT_HEAP = 28_000  # bytes of a board's heap that the agent and its buffers take: 233,024 become 204,992 of a virtual Pico
HOST = HostModel(lump_s=3e-4, call_s=3e-6)  # of a desktop computer's core: measured where this was written
_WIRINGS = {"picocray": Bus("i2c", 400_000), "uart": Bus("uart", 1_000_000)}  # built-in wirings with one controller


def expected(sample: Sample, spec: Spec, boards: int, host: HostModel | None = None) -> Account:
    """The account expected of the sampled program on the first `boards` boards of a spec, each as fast as a real one.

    Of a spec whose boards are found (`usb:`, `tcp:`) there are so many as the sampled one. `host`: of this computer, as the user
    measured it if not given. Raises SpecError for a number of boards that cannot be, UsageError for links of unknown speed.
    """
    spec = sized(spec, boards)
    models = board_models(sample, spec, boards)
    agent = AgentModel(sample.agent_lump_s, sample.agent_call_s, sample.compute_lump_s)
    account = simulate(sample.jobs, models, carrier(spec, models), host or host_model(spec), agent)
    return replace(account, notes=(*account.notes, *_yours(spec, models)))


def sized(spec: Spec, boards: int) -> Spec:
    """A spec with so many boards. What is found, and not made, is as it is. Raises SpecError for a number that cannot be."""
    if spec.groups or spec.scheme == "breadboard":
        return spec.sized(boards)
    if boards < 1:
        raise SpecError(f"{boards} boards are asked for; one or more are needed")
    return spec


def host_model(spec: Spec) -> HostModel:
    """What a lump takes this computer: as `shoal bench --calibrate` measured it for such a spec, else an ordinary computer's."""
    try:
        lump_s, call_s = (float(catalog.fact(f"{_calibration(spec)}.{name}").value) for name in ("host_lump_s", "host_call_s"))
    except KeyError:
        return HOST
    return HostModel(lump_s, call_s)


def _calibration(spec: Spec) -> str:
    """The path of what was measured for such a spec: `bench.calibrate` gives it its name."""
    made = {"virtual": str(spec.options.get("link")), "breadboard": "".join(spec.targets)}.get(spec.scheme)
    return f"{catalog.CALIBRATIONS}.{spec.scheme}:{made}" if made else f"{catalog.CALIBRATIONS}.{spec.scheme}"


def _yours(spec: Spec, boards: list[BoardModel]) -> tuple[str, ...]:
    """A note that says which of the facts are the user's own."""
    used = [f"{_calibration(spec)}.host", *(f"boards.{kind}." for kind in dict.fromkeys(board.kind for board in boards))]
    if not _bus(spec):
        links = _wifi(boards[0].kind) if spec.scheme == "tcp" else _link(spec, boards[0].kind)
        used.append(f"links.{links.key}.")
    own = [path for path in catalog.yours() if path.startswith(tuple(used))]
    return (f"note: predicted with your own figures for {', '.join(own)}",) if own else ()


def link_s(spec: Spec, kind: str, out: int, back: int) -> float:
    """Seconds of a board's agent that are its link's, for a message of so many bytes that is there already, and its answer."""
    clock = SimulatedClock()
    wire = carrier(spec, [BoardModel("", kind)])(clock)
    worked: list[float] = []

    def done(seconds: float) -> None:
        worked.append(seconds)
        clock.stop()

    size = framed(out, defaults.BOARD_FRAME)
    wire.send(0, size, lambda: wire.read(0, size, False, done), 1)
    if not worked:
        clock.run()
    wire.write(0, back, done, lambda: None)
    if len(worked) < 2:
        clock.run()
    return sum(worked)


def board_models(sample: Sample, spec: Spec, count: int) -> list[BoardModel]:
    """The boards of a spec, in its order. Those that are found, and not made, are as the sampled one."""
    kinds = [group.kind for group in spec.groups for _ in range(group.count)] or [sample.kind] * count
    words = {kind: word for word, kind in BOARD_NAMES.items()}
    facts = catalog.boards()
    if sample.kind not in facts:
        raise UsageError(f"the sampled board is no board of the catalogue: {unknown('board', sample.kind, facts)}")
    numbers: dict[str, int] = {}
    models = []
    for kind in kinds:
        known = facts[kind]
        numbers[kind] = numbers.get(kind, 0) + 1
        heap = int(spec.options.get("heap") or known.heap_bytes)
        slower = known.mandel_ms / facts[sample.kind].mandel_ms
        name = f"{words.get(kind, kind)}-{numbers[kind]}"
        models.append(BoardModel(name, kind, slower, heap - AGENT_HEAP, known.idle_w, known.load_w))
    return models


def carrier(spec: Spec, boards: list[BoardModel]) -> Callable[[Agenda], Carrier]:
    """Makes the links of a spec's boards, when it is given the clock."""
    bus = _bus(spec)
    if bus:
        return gateway(len(boards), bus.wire, bus.hz)
    if spec.scheme == "tcp":
        links = [_wifi(board.kind) for board in boards]
        return lambda agenda: Channel(agenda, links)
    links = [_link(spec, board.kind) for board in boards]
    return lambda agenda: OwnWire(agenda, links)


def _bus(spec: Spec) -> Bus | None:
    """The bus that all boards of a spec share, if they do."""
    if spec.scheme == "breadboard" and spec.targets[0] in _WIRINGS:
        bus = _WIRINGS[spec.targets[0]]
        return bus._replace(hz=int(spec.options.get("freq") or bus.hz))
    return spec.bus


def _link(spec: Spec, kind: str) -> LinkFacts:
    """The link that each board of a spec has for itself."""
    if spec.scheme in ("usb", "emulated"):
        return catalog.links()["usb"]
    name = str(spec.options.get("link", ""))
    if name == TCP:
        return _wifi(kind)
    if name not in catalog.links():
        raise UsageError(
            f"cannot predict for the cluster spec '{spec.text}': nothing is known of the speed of its links; "
            "write which bus it is, such as virtual:8xpico?link=i2c@400k"
        )
    return catalog.links()[name]


def _wifi(kind: str) -> LinkFacts:
    return catalog.links()["wifi_esp32" if kind.startswith("esp32") else "wifi_pico_w"]
