"""Time on a breadboard: hears what boards ask, carries it out in the order of virtual time, and gives boards power or takes it.

Nothing happens before every board that computes has asked for something: so the order of events depends on virtual time only, and
a run repeats exactly for a seed (as far as computing is declared in the wiring's [cost]; what is measured instead is in the log).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shoal.errors import LinkError, UsageError
from shoal.virtual.breadboard.agenda import NEVER, Agenda
from shoal.virtual.breadboard.charges import BOOT_NS
from shoal.virtual.breadboard.circuit import Circuit
from shoal.virtual.breadboard.devices.model import Model
from shoal.virtual.breadboard.log import Input, Log
from shoal.virtual.breadboard.nets import Drive
from shoal.virtual.breadboard.onboard import ops
from shoal.virtual.breadboard.processes import Nursery
from shoal.virtual.breadboard.session import Operation, Session, operations
from shoal.virtual.breadboard.station import Station, Usb
from shoal.virtual.breadboard.target import Target
from shoal.virtual.breadboard.wired import Wiring

SECOND = 1_000_000_000
ENDLESS_S = 5.0
"""Processor seconds of this computer after which a board's work is taken for endless: then it computes until it is reset or its
guard interrupts it, whatever is measured. (5 s are more than five minutes of a Pico's time.)"""
_QUESTIONS = 100_000  # answers at one moment; calls take time, so there cannot be as many
_AHEAD_NS = 5_000_000  # how far a board may run ahead by itself although nothing is going to happen
_STILL = 240  # looks, a minute in all, without any processor time of a board that should compute
_WIDER = 2  # objects of a 64-bit interpreter are twice as large as a board's
_STAND_INS = 48 << 10  # bytes of heap that the stand-ins take, and a real board's machine module does not


Handler = Callable[[Session, int, int, bytes], None]


class Engine:
    """What boards, nets and devices do to each other. Parts register in `handlers`, by operation, and in `released`."""

    def __init__(self, wiring: Wiring, seed: int, log: Log, nursery: Nursery, flash: Path, image: Path) -> None:
        """`flash`: the folder of the boards' folders; `image`: of what they import."""
        self.wiring, self.seed, self.log = wiring, seed, log
        self.console: list[tuple[float, str, str]] = []
        self.trace: list[tuple[int, str, str, Any]] = []
        self.now_ns = 0
        self.steps = 0
        self.agenda = Agenda()
        self.handlers: dict[int, Handler] = {}
        self.released: list[Callable[[int, Session], None]] = []  # called when a board stops
        self.circuit = Circuit(wiring, self.agenda, seed)
        self.stations = {placed.name: self._station(index, placed.name) for index, placed in enumerate(wiring.boards)}
        self.devices: Mapping[str, Model] = {}
        self._nursery, self._flash, self._image = nursery, flash, image
        self._running: list[Session] = []
        self._moment = self._questions = 0  # nanoseconds, and answers given then
        self.inject_words: Callable[[str], None] = _nothing  # adds a fault, by its words

    def _station(self, index: int, name: str) -> Station:
        def wrote(data: bytes) -> None:
            self._wrote(station, data)

        def plug(value: bool) -> None:
            self._outside("plug", name, value)

        station = Station(index, self.wiring.boards[index], self.seed, Usb(wrote, plug))
        return station

    # --- time ---

    def _go(self, limit: int, until: Callable[[], bool] | None) -> bool:
        agenda = self.agenda
        while True:
            stop = limit
            if self.log.inputs:
                if self._typed_again():
                    continue
                stop = min(limit, self.log.inputs[0].ns)
            if self._running:
                self._collect(stop)
            else:
                when = agenda.next()
                if when > stop or when == NEVER:
                    self.now_ns = max(self.now_ns, stop)
                    if stop == limit:
                        return False
                    raise UsageError(
                        f"this is not the run of the log: it has come to {self.now_ns / SECOND:.6f} s on another way"
                    )
                _, _, action, arguments = agenda.take()
                self.now_ns = when
                self.steps += 1
                action(when, *arguments)
            if until is not None and until():
                return True

    def _typed_again(self) -> bool:
        """In a replay: whether the host did something at this very point, which it now does again."""
        entry = self.log.inputs[0]
        if self.steps < entry.step or (entry.idle and self._running):
            return False
        self.log.inputs.pop(0)
        self.now_ns = max(self.now_ns, entry.ns)
        if entry.kind == "fault":
            self.inject_words(str(entry.data))
        elif entry.kind == "usb":
            self._wrote(self.stations[entry.board], bytes.fromhex(str(entry.data)))
        else:
            self.stations[entry.board].usb.plugged = bool(entry.data)
        return True

    def _wrote(self, station: Station, data: bytes) -> None:
        self._outside("usb", station.name, data.hex())
        self.typed(station, data)

    def _outside(self, kind: str, board: str, data: str | bool) -> None:
        """The host does something: into the log."""
        self.log.outside(Input(kind, self.steps, self.now_ns, not self._running, board, data))

    def _collect(self, limit: int) -> None:
        """Hear what every running board asks. One that runs alone has it carried out at once, up to what happens next."""
        running, self._running = self._running, []
        alone = len(running) == 1
        running.sort(key=lambda session: session.board)
        for session in running:
            if not session.alive:
                continue
            session.running = False
            message = self._hear(session)
            if message is None:
                continue
            if not message:
                self._crashed(session)
                continue
            found = operations(message)
            at = 0
            if alone:
                for operation in found:
                    when = operation[0]
                    if when >= self.agenda.next() or when > limit or not session.alive:
                        break
                    self.now_ns = max(self.now_ns, when)
                    self.steps += 1
                    self._carry_out(session, operation)
                    at += 1
                    if self._running or self.log.waits(self.steps):  # somebody was woken, and may be first with what comes next
                        break
            for operation in found[at:]:
                self.agenda.at(max(operation[0], self.now_ns), self._later, session, operation)

    def _hear(self, session: Session) -> bytes | None:
        """The next message of a board. One that computes without an end is interrupted; None if that does not help."""
        since, still, interrupted = None, 0, False
        used = 0.0
        while True:
            try:
                return session.process.receive()
            except TimeoutError:
                before, used = used, self._nursery.processor(session.process)
                since = used if since is None else since
                still = still + 1 if used == before else 0
                if still == _STILL:
                    raise LinkError(f"the process of {session.name} neither computes nor asks for anything") from None
                if used - since > ENDLESS_S * (1 + interrupted):
                    if interrupted:
                        self.note("hangs", session.name, "")
                        return None
                    interrupted = session.endless = True
                    self._nursery.interrupt(session.process)

    def _later(self, now: int, session: Session, operation: Operation) -> None:
        if session.alive:
            self._carry_out(session, operation)

    def _carry_out(self, session: Session, operation: Operation) -> None:
        _, which, a, b, payload = operation
        self.handlers[which](session, a, b, payload)

    def answer(self, session: Session, value: int = 0, data: bytes = b"") -> None:
        """Let a board go on."""
        if self.now_ns != self._moment:
            self._moment, self._questions = self.now_ns, 0
        self._questions += 1
        if self._questions > _QUESTIONS:
            raise LinkError(f"{session.name} asks for ever at {self.now_ns / SECOND:.9f} s: nothing that it does takes time")
        station = self.stations[session.name]
        horizon = 0 if self._running or station.floating else min(self.agenda.next(), self.now_ns + _AHEAD_NS)
        if session.answer(self.now_ns, horizon, station.levels, bool(station.inbox), self.settle, value, data):
            self._running.append(session)
        else:
            self._crashed(session)

    def note(self, kind: str, name: str, data: Any) -> None:
        """Something for the trace."""
        self.trace.append((self.now_ns // 1000, kind, name, data))
        self.log.happened(self.now_ns, kind, name, data)

    # --- power ---

    def install(self, station: Station, boots_s: float) -> None:
        """Start the process of a board, and plan when its power comes."""
        self._prepare(station)
        station.switch = self.agenda.at(round(boots_s * SECOND), self._power, station)

    def _prepare(self, station: Station) -> None:
        """Start the process of a board, which then waits for power."""
        flash = str(self._flash / station.name)
        heap = _WIDER * station.facts.heap_bytes + _STAND_INS
        script = str(self._image / "first.py")
        station.process = self._nursery.start(station.name, heap, script, [flash, str(self._image)])

    def _power(self, now: int, station: Station) -> None:
        if station.powered:
            return
        station.powered = True
        self.boot(station, 1)

    def power(self, station: Station) -> None:
        """Give a board its power."""
        self._power(self.now_ns, station)

    def boot(self, station: Station, cause: int) -> None:
        """Start a board that has power; its program begins when MicroPython is up."""
        if station.process is None:
            self._prepare(station)
        assert station.process is not None
        session = station.session = Session(station.index, station.name, station.process)
        station.process = None
        station.starts += 1
        station.cause = cause
        station.line = ""
        self.note("boot", station.name, cause)
        session.entry = self.agenda.at(self.now_ns + BOOT_NS, self._begin, session)

    def _begin(self, now: int, session: Session) -> None:
        session.entry = None
        if session.alive:
            session.running = True
            session.heard = True
            self._running.append(session)

    def end(self, station: Station) -> None:
        """A board stops at once: its pins are released, its process is ended."""
        session = station.session
        if session is None:
            return
        station.session = None
        session.alive = False
        self.agenda.cancel(session.entry)
        self.agenda.cancel(session.dog)
        if session in self._running:
            self._running.remove(session)
        self._nursery.end(session.process)
        self._release(session)

    def cut(self, station: Station) -> None:
        """Take a board's power away; one that has none yet does not get it."""
        self.agenda.cancel(station.switch)
        self.end(station)
        station.powered = False
        station.inbox.clear()

    def typed(self, station: Station, data: bytes) -> None:
        """Bytes come to a board from USB."""
        if station.powered:
            station.inbox += data
            if station.session:
                self.wake(station.session, ops.ON_USB | ops.ON_EVENT)

    def wake(self, session: Session, what: int, interrupt: bool = True) -> None:
        """Something happened outside; end a WAIT for it. `interrupt`: the program has a function for it, so any WAIT ends."""
        if session.entry is not None and session.pulse is None and session.heard and (session.waiting & what or session.edges):
            self.agenda.cancel(session.entry)
            value = session.waiting & what
            session.entry, session.waiting = None, 0
            self.answer(session, value)
        elif what & ops.ON_EVENT:
            session.event = True

    def settle(self, target: Target) -> None:
        """Let transfers to a target happen up to now."""
        if target.wire is not None:
            target.wire.progress(self.now_ns)

    def _crashed(self, session: Session) -> None:
        """Its interpreter broke, which is no fault of a board."""
        if session.alive:
            words = self._nursery.last_words()
            self.note("crashed", session.name, words)
            self.console.append((self.now_ns / SECOND, session.name, f"its MicroPython ended: {words}"))
            self.end(self.stations[session.name])

    def _release(self, session: Session) -> None:
        """A board stopped: its pins and its I2C are no more."""
        now = self.now_ns
        for wire in self.circuit.wires.values():
            wire.lost(now, session)
        for released in self.released:
            released(now, session)
        for gpio in session.drives:
            self.circuit.drive(now, self.circuit.net_of(session.name, gpio), (session.name, gpio), None)

    # --- for parts ---

    def processor(self, session: Session) -> float:
        """Processor seconds of a board's process so far."""
        return self._nursery.processor(session.process)

    def drive(self, board: str, gpio: int, owner: object, level: int | None) -> None:
        """Something that is no board drives a pin's net; None: lets go."""
        net = self.circuit.net_of(board, gpio)
        self.circuit.drive(self.now_ns, net, owner, None if level is None else Drive(level))


def _nothing(words: str) -> None:
    raise UsageError(f"nobody here carries out the fault {words}")
