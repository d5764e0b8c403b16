"""What each operation of a board does: pins, buses, waits, the terminal, time that computing takes."""

import errno
import json
import struct
from collections.abc import Callable
from typing import Any

from shoal import catalog
from shoal.virtual import calibrate
from shoal.virtual.breadboard.agenda import NEVER
from shoal.virtual.breadboard.charges import CHARGES_NS
from shoal.virtual.breadboard.engine import SECOND, Engine, Handler
from shoal.virtual.breadboard.gpios import GPIOS
from shoal.virtual.breadboard.i2c import Controller, Transfer
from shoal.virtual.breadboard.nets import LED_SIEMENS, RELEASED, Drive
from shoal.virtual.breadboard.onboard import ops
from shoal.virtual.breadboard.session import Session
from shoal.virtual.breadboard.station import Station, pair
from shoal.virtual.breadboard.target import Target
from shoal.virtual.interpreter import Interpreter

_PIN = struct.Struct("<BBII")
_I2C = struct.Struct("<IB")


class Requests:
    """Carries operations out for one simulation."""

    def __init__(self, engine: Engine, interpreter: Interpreter, program: Callable[[str], str]) -> None:
        """`interpreter`: of the boards; `program`: board -> the module that it runs."""
        self.sim = engine
        self._interpreter, self._program = interpreter, program
        self._best = 1.0  # processor seconds of work that is always the same, at best
        engine.circuit.ended, engine.circuit.touched = self.transferred, self.touched
        handlers: dict[int, Handler] = {
            ops.PIN: self._pin,
            ops.PRINT: self._print,
            ops.USB_OUT: self._usb_out,
            ops.MEMORY: self._memory,
            ops.TARGET: self._target,
            ops.CONTROLLER: self._controller,
            ops.DOG: self._dog,
            ops.MARK: self._mark,
            ops.WATCH: self._watch,
            ops.BORN: self._born,
            ops.SYNC: self._sync,
            ops.LEVELS: self._levels,
            ops.WAIT: self._wait,
            ops.PULSE: self._pulse,
            ops.I2C: self._i2c,
            ops.USB_IN: self._usb_in,
            ops.RESET: self._reset,
            ops.END: self._end,
            ops.COST: self._cost,
            ops.RANDOM: self._random,
        }
        engine.handlers.update(handlers)
        self.handlers = engine.handlers
        self._wire_devices()

    def _station(self, session: Session) -> Station:
        return self.sim.stations[session.name]

    # --- pins ---

    def _pin(self, session: Session, gpio: int, state: int, payload: bytes) -> None:
        net = self.sim.circuit.net_of(session.name, gpio)
        self._follow(session, gpio)
        old = session.states.get(gpio, 0)
        session.states[gpio] = state
        mode, high = state & ops.MODE, state & ops.HIGH
        level = RELEASED
        if mode == ops.OUT or (mode == ops.OPEN_DRAIN and not high):
            level = 1 if high else 0
        pull = 1 if state & ops.PULL_UP else -1 if state & ops.PULL_DOWN else 0
        drive = session.drives.get(gpio)
        if drive is None:
            drive = session.drives[gpio] = Drive(RELEASED, 0)
        elif drive.level == level and drive.pull == pull and not (old ^ state) & ops.MODE:
            return
        drive.level, drive.pull = level, pull
        self.sim.circuit.drive(self.sim.now_ns, net, (session.name, gpio), drive)

    def _follow(self, session: Session, gpio: int) -> None:
        """From now on the board's levels show this pin."""
        station = self._station(session)
        if gpio in station.gpios:
            return
        station.gpios.add(gpio)
        net = self.sim.circuit.net_of(session.name, gpio)
        bit = 1 << gpio

        def changed(now: int, level: int) -> None:
            station.levels = station.levels | bit if level else station.levels & ~bit
            if station.session is not None:
                self._edge(station.session, gpio, level)

        net.listeners.append(changed)
        if net.level:
            station.levels |= bit

    def _edge(self, session: Session, gpio: int, level: int) -> None:
        if session.pulse is not None:
            self._pulse_edge(session, gpio, level)
        wanted = session.states.get(gpio, 0) & (ops.RISING if level else ops.FALLING)
        if wanted:
            session.edges[gpio] = session.edges.get(gpio, 0) | wanted >> 3
            self.sim.wake(session, ops.ON_EVENT)

    def _levels(self, session: Session, a: int, b: int, payload: bytes) -> None:
        station = self._station(session)
        self._follow(session, a)
        station.floating = False
        for gpio in station.gpios:
            net = self.sim.circuit.net_of(session.name, gpio)
            if net.floats(self.sim.now_ns):
                station.floating = True
                level = self.sim.circuit.read(self.sim.now_ns, net)
                station.levels = station.levels & ~(1 << gpio) | level << gpio
        self.sim.answer(session)

    def _pulse(self, session: Session, gpio: int, level: int, payload: bytes) -> None:
        """`machine.time_pulse_us`: wait for a level, then for its end, each within the timeout."""
        now = self.sim.now_ns
        self._follow(session, gpio)
        timeout = struct.unpack("<q", payload)[0] - now
        began = now if self.sim.circuit.read(now, self.sim.circuit.net_of(session.name, gpio)) == level else None
        session.pulse = (gpio, level, timeout, began)
        session.entry = self.sim.agenda.at(now + timeout, self._pulse_late, session)

    def _pulse_edge(self, session: Session, gpio: int, level: int) -> None:
        pin, wanted, timeout, began = session.pulse
        if pin != gpio:
            return
        now = self.sim.now_ns
        self.sim.agenda.cancel(session.entry)
        if level == wanted:
            session.pulse = (pin, wanted, timeout, now)
            session.entry = self.sim.agenda.at(now + timeout, self._pulse_late, session)
        elif began is not None:
            session.pulse = session.entry = None
            self.sim.answer(session, (now - began) // 1000)

    def _pulse_late(self, now: int, session: Session) -> None:
        began = session.pulse[3]
        session.pulse = session.entry = None
        self.sim.answer(session, -2 if began is None else -1)

    def _wire_devices(self) -> None:
        """Join the devices to their nets."""
        for name, model in self.sim.devices.items():
            for role, (board, gpio) in model.device.pins.items():
                net = self.sim.circuit.net_of(board, gpio)
                if model.device.kind == "led":
                    net.down += LED_SIEMENS

                def changed(now: int, level: int, model: Any = model, role: str = role, name: str = name) -> None:
                    model.changed(now // 1000, role, level)
                    if model.device.kind == "led":
                        self.sim.note("led", name, level)

                net.listeners.append(changed)
                model.changed(0, role, net.level)

            def drive(role: str, level: int | None, model: Any = model) -> None:
                board, gpio = model.device.pins[role]
                self.sim.drive(board, gpio, model, level)

            model.attach(drive)

    # --- waiting ---

    def _wait(self, session: Session, a: int, early: int, payload: bytes) -> None:
        station = self._station(session)
        if early & ops.ON_EVENT and session.event:
            session.event = False
            self.sim.answer(session, ops.ON_EVENT)
        elif early & ops.ON_USB and station.inbox:
            self.sim.answer(session, ops.ON_USB)
        elif session.edges or any(target.ended & target.watched for target in session.targets.values()):
            self.sim.answer(session, early & ops.ON_EVENT)
        else:
            session.waiting = early
            until = struct.unpack("<q", payload)[0]
            session.entry = self.sim.agenda.at(max(until, self.sim.now_ns), self._waited, session)

    def _waited(self, now: int, session: Session) -> None:
        session.entry = None
        session.waiting = 0
        self.sim.answer(session)

    def _sync(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self.sim.answer(session)

    # --- I2C ---

    def _controller(self, session: Session, number: int, b: int, payload: bytes) -> None:
        scl, sda, frequency, timeout = _PIN.unpack(payload)
        missing = errno.EIO if self._station(session).facts.platform == "rp2" else errno.ENODEV
        controller = Controller(session, number, frequency, timeout * 1000, missing)
        self._open_drain(session, scl, sda)
        session.controllers[number] = (controller, scl, sda)

    def _open_drain(self, session: Session, *gpios: int) -> None:
        for gpio in gpios:
            self._pin(session, gpio, ops.IN | ops.PULL_UP, b"")

    def _i2c(self, session: Session, number: int, address: int, payload: bytes) -> None:
        controller, scl, sda = session.controllers[number]
        nets = [self.sim.circuit.net_of(session.name, gpio) for gpio in (scl, sda)]
        reads, _ = _I2C.unpack_from(payload)
        transfer = Transfer(controller, address, payload[_I2C.size :], reads)
        self.sim.circuit.wire(*nets).begin(self.sim.now_ns, transfer)

    def transferred(self, now: int, transfer: Transfer) -> None:
        """A transfer has ended: its controller is answered."""
        session = transfer.controller.owner
        assert isinstance(session, Session)
        if session.alive:
            self.sim.log.transfer(now, session.name, transfer)
            self.sim.answer(session, transfer.code, b"" if transfer.code < 0 else bytes(transfer.got))

    def touched(self, now: int, transfer: Transfer) -> None:
        """A transfer has ended: its targets hear of it."""
        for target in transfer.writing:
            if target.written:
                self._heard(target, ops.DID_WRITE)
        for target in transfer.reading:
            self._heard(target, ops.DID_READ)

    def _heard(self, target: Target, what: int) -> None:
        session = target.owner
        assert isinstance(session, Session)
        target.ended |= what
        interrupt = bool(target.ended & target.watched)
        if what == ops.DID_WRITE or interrupt:
            self.sim.wake(session, ops.ON_EVENT, interrupt)

    def _target(self, session: Session, number: int, address: int, payload: bytes) -> None:
        old = session.targets.get(number)
        if old is not None:
            self.sim.settle(old)
            self._unwire(old)
        if address == ops.NOWHERE:
            session.targets.pop(number, None)
            return
        scl, sda, places = payload[:3]
        self._open_drain(session, scl, sda)
        target = session.targets[number] = Target(session, number, places, payload[3:])
        target.address = address
        wire = self.sim.circuit.wire(*(self.sim.circuit.net_of(session.name, gpio) for gpio in (scl, sda)))
        target.wire = wire
        wire.targets.append(target)
        pair(self.sim.stations.values(), self._station(session))

    @staticmethod
    def _unwire(target: Target) -> None:
        if target.wire is not None and target in target.wire.targets:
            target.wire.targets.remove(target)

    def _memory(self, session: Session, number: int, b: int, payload: bytes) -> None:
        target = session.targets.get(number)
        if target is not None:
            self.sim.settle(target)
            target.publish(payload)

    def _watch(self, session: Session, number: int, what: int, payload: bytes) -> None:
        if number in session.targets:
            session.targets[number].watched = what

    # --- terminal ---

    def _print(self, session: Session, a: int, b: int, payload: bytes) -> None:
        station = self._station(session)
        *lines, station.line = (station.line + payload.decode(errors="replace")).split("\n")
        for line in lines:
            self.sim.console.append((self.sim.now_ns / SECOND, session.name, line))
            self.sim.note("says", session.name, line)
        station.usb.said(payload.replace(b"\n", b"\r\n"))

    def _usb_out(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self._station(session).usb.said(payload)
        self.sim.log.happened(self.sim.now_ns, "usb", session.name, payload)

    def _usb_in(self, session: Session, a: int, b: int, payload: bytes) -> None:
        inbox = self._station(session).inbox
        count = struct.unpack("<I", payload)[0]
        data = bytes(inbox[:count])
        del inbox[:count]
        self.sim.answer(session, 0, data)

    # --- a board's life ---

    def _born(self, session: Session, a: int, b: int, payload: bytes) -> None:
        station = self._station(session)
        facts = station.facts
        costs = {name: (cost.fixed_us, cost.unit_us, cost.units) for name, cost in self.sim.wiring.costs.items()}
        told = {
            "unique_id": station.placed.unique_id,
            "program": self._program(station.name),
            "platform": facts.platform,
            "kind": station.placed.kind,
            "gpios": sorted(GPIOS[station.placed.kind]),
            "pins": {"LED": 25 if facts.platform == "rp2" else 2},
            "i2c_target": bool(catalog.fact(f"boards.{station.placed.kind}.i2c_target").value),
            "freq": int(facts.clock_mhz * 1e6),
            "cause": station.cause,
            "charges_ns": CHARGES_NS,
            "costs": costs,
        }
        self.sim.answer(session, 0, json.dumps(told).encode())

    def _dog(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self.sim.agenda.cancel(session.dog)
        after = struct.unpack("<I", payload)[0] * 1000
        session.dog = self.sim.agenda.at(self.sim.now_ns + after, self._bites, session)

    def _bites(self, now: int, session: Session) -> None:
        if session.alive:
            self.sim.note("watchdog", session.name, "")
            self._again(session, 3)

    def _reset(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self.sim.note("reset", session.name, "")
        self._again(session, 3 if self._station(session).facts.platform == "rp2" else 2)  # as ports/rp2 and esp32 tell it

    def _again(self, session: Session, cause: int) -> None:
        station = self._station(session)
        self.sim.end(station)
        self.sim.boot(station, cause)

    def _end(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self.sim.note("ended", session.name, "")  # it waits for a human now, and its hardware goes on

    def _mark(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self.sim.note("mark", session.name, payload.decode(errors="replace"))

    # --- time that computing takes ---

    def _cost(self, session: Session, what: int, b: int, payload: bytes) -> None:
        """0: work begins; 1: it has ended, and is measured by what follows; 2: declared, nanoseconds in the payload;
        3: interrupted; 4: it was none; 5: it was work that is always the same."""
        station = self._station(session)
        value = 0
        if session.endless:
            session.endless = False
            value = NEVER
        elif what == 0:
            session.began = self.sim.processor(session)
        elif what == 1:
            session.worked = self._worked(session)
        elif what == 2:
            value = struct.unpack("<q", payload)[0]
        elif what == 4:
            session.asking = min(session.asking or 1.0, self.sim.processor(session) - session.began)
        elif what == 5:
            value = self._measured(session, station)
        self.sim.answer(session, 0, struct.pack("<q", min(NEVER, int(value * station.slow))))

    def _measured(self, session: Session, station: Station) -> int:
        """Nanoseconds that the work before took, on a core at its best."""
        probe = max(self._worked(session), 1e-9)
        self._best = min(self._best, probe)
        worked, session.worked = session.worked * self._best / probe, 0.0
        if not worked:
            return 0
        station.costs += 1
        return self.sim.log.cost(station.name, station.costs - 1, lambda: int(worked * self._ratio(station) * 1e9))

    def _worked(self, session: Session) -> float:
        """Processor seconds since work began."""
        return max(0.0, self.sim.processor(session) - session.began - session.asking)

    def _ratio(self, station: Station) -> float:
        """Seconds of the real board for one of its process."""
        return calibrate.ratio(self._interpreter) * station.facts.mandel_ms / catalog.boards()["pico"].mandel_ms

    def _random(self, session: Session, a: int, b: int, payload: bytes) -> None:
        self.sim.answer(session, 0, self._station(session).dice.randbytes(struct.unpack("<I", payload)[0]))
