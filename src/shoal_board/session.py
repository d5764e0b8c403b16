"""Part: the beginning of a session, and what a board learns in it: modules and functions."""

import gc
import struct
import sys

from . import wire
from .codec import Reader, Writer
from .parts import part
from .wire import LOSSY

try:
    import machine
except ImportError:  # CPython
    machine = None


def _system():
    """What MicroPython tells of itself."""
    system = sys.implementation
    return {
        "agent": wire.RELEASE,
        "reset": machine.reset_cause() if hasattr(machine, "reset_cause") else 0,
        "platform": sys.platform,
        "implementation": system.name,
        "firmware": "%s %d.%d.%d" % ((system.name,) + tuple(system.version[:3])),
        "mpy": getattr(system, "_mpy", 0),
    }


def hello(agent, payload):
    """Begin a session, if this HELLO is of another one, and answer it."""
    peer = agent.peer
    if len(payload) < 6 or bytes(payload[:5]) != wire.HELLO_MARK:
        return
    if payload[5] != wire.VERSION:
        peer.announce(wire.REFUSE, [wire.HELLO_MARK + bytes((wire.VERSION,))])
        return
    _, _, session, frame, credit, resend = struct.unpack_from(wire.HELLO_FORMAT, payload, 0)
    if session != agent.session:
        agent.hang_up()
        agent.session = session
        peer.reset(frame, peer.credit, resend)
        peer.granted = min(credit, wire.WINDOW)
    announce(agent)


def announce(agent):
    """Say who we are."""
    peer = agent.peer
    described = _system()
    described.update(agent.described)
    agent.measure()
    described["heap_free"] = agent.heap
    described["stops"] = agent.guard is not None
    if agent.temperature != wire.NO_TEMPERATURE:
        described["temperature"] = agent.temperature / 100
    writer = Writer(wire.HELLO_SIZE)
    writer.value(described)
    parts = writer.finish()
    head = (wire.HELLO_MARK, wire.VERSION, agent.boot, agent.limit, peer.credit, peer.resend if LOSSY else 0)
    struct.pack_into(wire.HELLO_FORMAT, parts[0], 0, *head)
    peer.announce(wire.HELLO, parts)


def take(agent, op, payload):
    """What a host asks for beside lumps and stored values."""
    if op == wire.CANCEL or op == wire.INTERRUPT:
        _withdraw(agent, op, bytes(payload))
    elif op == wire.MODULE or op == wire.BIND or op == wire.DROP:
        _learn(agent, op, payload)


def _withdraw(agent, op, lump):
    """CANCEL: take a lump out of the line. INTERRUPT: let it be answered, but not run, or not any further."""
    todo = agent.todo
    for place in range(len(todo) - 1, -1, -1):
        if todo[place][:4] == lump:
            if op == wire.CANCEL:
                todo.pop(place)
            else:
                todo[place] = bytes(todo[place][:6]) + b"\1\0\0\0\0\0"  # CALLS, any time, none
    if agent.lump is not None and lump == struct.pack("<I", agent.lump):
        agent.stopped = wire.CANCELLED  # in time only where a guard takes messages while a task runs


def _learn(agent, op, payload):
    values = Reader(payload).value()
    modules = agent.modules = agent.modules or part("modules").Modules()
    if op == wire.MODULE:
        name, module = values
        gc.collect()  # code stays: it should lie low in the heap, not in the middle of what is free
        if agent.store and name in agent.store:
            modules.add(module, agent.store.pop(name))
    elif op == wire.BIND:
        number, module, name = values
        try:
            load = modules.function
            agent.functions[number] = agent.around(load, module, name) if agent.around else load(module, name)
        except BaseException as error:
            agent.functions[number] = error
    else:
        numbers, names = values
        for number in numbers:
            agent.functions.pop(number, None)
            agent.mixed.pop(number, None)
        for name in names:
            sys.modules.pop(name, None)


def lost(agent):
    """There is no memory for a frame: forget all, and say so as a board that was reset does."""
    agent.boot = (agent.boot + 1) & 0xFFFFFFFF
    agent.hang_up()
    announce(agent)


def resync(agent, head):
    """Keep of a header that is none what may be the beginning of one; gives how many bytes."""
    if LOSSY:
        agent.peer.damaged()
    rest = bytes(head[1:])
    at = rest.find(wire.MAGIC_BYTES)
    if at < 0:
        at = len(rest) - rest.endswith(wire.MAGIC_BYTES[:1])
    have = len(rest) - at
    head[:have] = rest[at:]
    return have
