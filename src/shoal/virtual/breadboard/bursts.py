"""Blocks of bytes over GPIO lines, done as a whole: what `shoal_board.ports.lines` does to its pins, without an event for each.

Only where nothing is in question: one board talks, one listens, all lines are high and nobody holds them. The time is that of the
pin operations of both, one after the other, and of rising edges. If something happens to a board in the middle, or a line is held
at the end, the block has not taken place, and the boards find out pin by pin.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from shoal.virtual.breadboard.agenda import Entry
from shoal.virtual.breadboard.charges import CHARGES_NS
from shoal.virtual.breadboard.engine import Engine
from shoal.virtual.breadboard.nets import RELEASED, Net
from shoal.virtual.breadboard.onboard import ops_bursts
from shoal.virtual.breadboard.session import Session

_PATIENCE_NS = 1_200_000  # how long one end waits for the other before it looks whether that is there: in `lines`, too

Key = tuple[int, ...]


@dataclass(eq=False)
class _Listener:
    """`nets`: of the data lines, DAV and NDAC."""

    session: Session
    nets: list[Net]
    count: int
    entry: Entry | None = None


@dataclass(eq=False)
class _Talker:
    """`since`: when it began, nanoseconds."""

    session: Session
    data: bytes
    since: int
    entry: Entry | None = None


@dataclass(eq=False)
class _Block:
    """One that is under way."""

    talker: Session
    listener: _Listener
    data: bytes
    entries: list[Entry]
    heard: bool = False  # the listener has it, and has gone on


class Bursts:
    """All GPIO buses of a breadboard."""

    def __init__(self, simulation: Engine, charges_ns: Mapping[str, int]) -> None:
        self._simulation = simulation
        self._write, self._read = charges_ns["pin_write"], charges_ns["pin_read"]
        self._dice = Random(f"noise on GPIO lines {simulation.seed}")
        self._listening: dict[Key, _Listener] = {}
        self._talking: dict[Key, _Talker] = {}
        self._blocks: list[_Block] = []

    def _nets(self, session: Session, lines: int, payload: bytes) -> list[Net]:
        return [self._simulation.circuit.net_of(session.name, gpio) for gpio in payload[: lines + 2]]

    def hear(self, session: Session, lines: int, count: int, payload: bytes) -> None:
        """A board listens."""
        nets = self._nets(session, lines, payload)
        key = tuple(id(net) for net in nets)
        other = self._listening.pop(key, None)
        if other is not None:  # two at once: that goes pin by pin
            self._slowly(other.entry, other.session)
            self._simulation.answer(session)
            return
        listener = self._listening[key] = _Listener(session, nets, count)
        talker = self._talking.pop(key, None)
        if talker is not None:
            self._simulation.agenda.cancel(talker.entry)
            self._begin(key, talker)
        else:
            listener.entry = self._simulation.agenda.at(
                self._simulation.now_ns + _PATIENCE_NS, self._nobody, self._listening, key
            )

    def talk(self, session: Session, lines: int, b: int, payload: bytes) -> None:
        """A board talks."""
        nets = self._nets(session, lines, payload)
        key = tuple(id(net) for net in nets)
        now = self._simulation.now_ns
        talker = _Talker(session, payload[lines + 2 :], now)
        other = self._talking.pop(key, None)
        if other is not None:  # two at once
            self._slowly(other.entry, other.session)
            self._simulation.answer(session)
        elif key in self._listening:
            self._begin(key, talker)
        else:
            self._talking[key] = talker
            talker.entry = self._simulation.agenda.at(now + _PATIENCE_NS, self._nobody, self._talking, key)

    def _nobody(self, now: int, waiting: "dict[Key, _Listener] | dict[Key, _Talker]", key: Key) -> None:
        self._simulation.answer(waiting.pop(key).session)

    def _slowly(self, entry: Entry | None, session: Session) -> None:
        """Let a board do it pin by pin."""
        self._simulation.agenda.cancel(entry)
        self._simulation.answer(session)

    def _begin(self, key: Key, talker: _Talker) -> None:
        listener = self._listening.pop(key)
        lines = len(key) - 2
        data = talker.data[: listener.count]
        if lines == 8:
            data = data[: len(data) & ~1]
        if not data or not _free(listener.nets):
            self._slowly(listener.entry, listener.session)
            self._slowly(talker.entry, talker.session)
            return
        self._simulation.agenda.cancel(listener.entry)
        edge = (lines + 2) * self._write + lines * self._read
        rises = [math.ceil(net.rise_ns()) for net in listener.nets[-2:]]
        pairs = len(data) // 2 if lines == 8 else len(data)
        first = (lines + 1) * self._write  # from when it begins to its first edge
        began = max(talker.since, self._simulation.now_ns - first)
        end = began + pairs * (2 * edge + sum(rises))
        for net in listener.nets:
            net.busy_ns += end - began
        block = _Block(talker.session, listener, self._noisy(data, listener.nets[:lines]), [])
        block.entries.append(self._simulation.agenda.at(end - rises[1], self._heard, block))
        block.entries.append(self._simulation.agenda.at(end, self._said, block))
        self._blocks.append(block)

    def _noisy(self, data: bytes, nets: list[Net]) -> bytes:
        """Each bit that is read may be inverted."""
        if not any(net.noise for net in nets):
            return data
        found = bytearray(data)
        for place in range(len(found)):
            for bit, net in enumerate(nets * (8 // len(nets))):
                if net.noise and self._dice.random() < net.noise:
                    found[place] ^= 1 << bit
        return bytes(found)

    def _heard(self, now: int, block: _Block) -> None:
        if not _free(block.listener.nets):
            self._break(block)
            return
        block.heard = True
        self._simulation.answer(block.listener.session, len(block.data), block.data)

    def _said(self, now: int, block: _Block) -> None:
        self._blocks.remove(block)
        self._simulation.answer(block.talker, len(block.data))

    def _break(self, block: _Block) -> None:
        """It has not taken place."""
        self._blocks.remove(block)
        for entry in block.entries:
            self._simulation.agenda.cancel(entry)
        for session in (block.talker,) if block.heard else (block.talker, block.listener.session):
            if session.alive:
                self._simulation.answer(session)

    def forget(self, now: int, session: Session) -> None:
        """A board stopped."""
        waiting: dict[Key, Any]
        for waiting in (self._listening, self._talking):
            for key in [key for key, one in waiting.items() if one.session is session]:
                self._simulation.agenda.cancel(waiting.pop(key).entry)
        for block in list(self._blocks):
            if session is block.talker or (session is block.listener.session and not block.heard):
                self._break(block)


def _free(nets: list[Net]) -> bool:
    """Whether all lines are high, and by their pull-ups only."""
    return all(net.level and net.strong() == RELEASED and math.isfinite(net.rise_ns()) for net in nets)


def join(simulation: Engine) -> None:
    """Have a simulation carry out what `bursts` on its boards asks for."""
    bursts = Bursts(simulation, CHARGES_NS)
    simulation.handlers.update({ops_bursts.TALK: bursts.talk, ops_bursts.HEAR: bursts.hear})
    simulation.released.append(bursts.forget)
