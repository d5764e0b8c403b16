"""The one door to `shoal_board`: messages to boards are made here, messages from boards are read here.

Nothing else in `shoal` knows op codes or layouts. Large values become stored values, sent ahead of the call in pieces, so that
every message to a board fits one frame.
"""

import itertools
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shoal.errors import ProtocolError, VersionError
from shoal_board import codec, values, wire
from shoal_board.codec import CodecError as CodecError
from shoal_board.decoder import Decoder as Decoder
from shoal_board.peer import Peer as Peer

Buffer = bytes | bytearray | memoryview
Message = tuple[int, list[Buffer]]  # op, payload as buffers

VERSION = wire.VERSION
TIMED_OUT = wire.TIMED_OUT  # `type` of the failure of a call that its board stopped: its lump took too long
CANCELLED = wire.CANCELLED  # the same: its lump was cancelled meanwhile
ids = itertools.count(1)  # of stored values; never reused in a process, so a late message can never name the wrong one

_SPLIT = 512  # a value whose encoding is longer than this is sent ahead, in pieces
_PIECE = 1024  # bytes of encoded items in a piece of a container, unless one item is longer


class Stored(NamedTuple):
    """A value that is sent ahead: its id, kind and size as STORE says, and the payloads of its PIECEs."""

    id: int
    kind: str
    size: int
    pieces: tuple[Buffer, ...]  # a single buffer for buffer kinds: cut to the board's frames when sent


class Reference:
    """A value that every board of a cluster holds; made by `Cluster.put`, passed as an argument."""

    def __init__(self, owner: object, stored: tuple[Stored, ...], has_numpy: bool) -> None:
        self.owner = owner
        self.stored = stored
        self.has_numpy = has_numpy
        self.id = stored[-1].id

    def __repr__(self) -> str:
        return f"<Reference {self.id}: {sum(len(p) for s in self.stored for p in s.pieces)} bytes on every board>"


class Encoded(NamedTuple):
    """One call or one sequence of arguments, ready to travel."""

    data: bytes
    stored: tuple[Stored, ...]  # taken out of the board's store as the call is read
    references: tuple[Reference, ...]  # values the board must hold, and keeps

    @property
    def size(self) -> int:
        """Bytes that travel for it."""
        size = len(self.data)
        for stored in self.stored:
            size += sum(map(len, stored.pieces))
        return size


def _plain(value: object) -> object:
    """A value of a type the codec does not know, as one that it does, or CodecError."""
    if hasattr(value, "__array__") and hasattr(value, "dtype"):  # numpy, without importing it
        return _from_numpy(value)
    kinds: tuple[Any, ...] = (bool, int, float, complex, str, bytes, list, tuple, dict, set)
    for kind in kinds:
        if isinstance(value, kind):  # a subclass: an enum member, a named tuple
            return kind(value)
    if isinstance(value, range):
        return list(value)
    if isinstance(value, memoryview):
        return bytes(value)
    raise CodecError("object of type " + type(value).__name__)


def _from_numpy(value: Any) -> object:
    if value.ndim == 0:
        return value.item()
    if value.ndim > 1:
        return list(value)  # rows, so that a[y][x] means the same on the board
    code = value.dtype.char
    if value.dtype.byteorder == ">" or code not in "bBhHiIlLqQfd":
        raise CodecError(f"numpy array of dtype {value.dtype}")
    return array(code, value.tobytes())


class _Writer(codec.Writer):  # type: ignore[misc]
    """The codec's writer, with numpy, references, and large values sent ahead."""

    def __init__(self, split: bool = True, depth: int = 0) -> None:
        super().__init__()
        self.depth = depth
        self.stored: list[Stored] = []
        self.references: list[Reference] = []
        self.has_numpy = False
        self._may_split = split

    def other(self, value: object) -> None:
        if type(value) is Reference:
            self.references.append(value)
            self.has_numpy |= value.has_numpy
            self.raw(b"K" + struct.pack("<I", value.id))
            return
        if hasattr(value, "__array__"):
            self.has_numpy = True
        self.value(_plain(value))

    def buffer(self, tag: bytes, data: Buffer) -> None:
        if len(data) <= _SPLIT or not self._may_split:
            super().buffer(tag, data)
            return
        if tag[:1] in b"LU":  # a packed list: items must become numbers again on the board
            items = array(tag[1:].decode(), bytes(data)).tolist()
            self._ahead("l" if tag[:1] == b"L" else "t", len(items), _pieces(items, self))
            return
        kind = tag.decode()[-1]
        # A copy, unless nobody can change it: it may be sent later, and to another board once more.
        self._ahead(kind, len(data), (bytes(data),))

    def value(self, value: object) -> None:
        kind = type(value)
        if kind in (list, tuple, dict, set) and self._may_split and len(value) > 16:  # type: ignore[arg-type]
            probe = _Writer(split=False, depth=self.depth)
            probe.value(value)
            if sum(map(len, probe.finish())) > _SPLIT:
                self._container(value)
                return
        super().value(value)

    def _container(self, value: Any) -> None:
        kinds: dict[type, str] = {list: "l", tuple: "t", dict: "D", set: "e"}
        kind = kinds[type(value)]
        items = [part for pair in value.items() for part in pair] if kind == "D" else list(value)
        self._ahead(kind, len(value), _pieces(items, self, 2 if kind == "D" else 1))

    def _ahead(self, kind: str, size: int, pieces: tuple[Buffer, ...]) -> None:
        stored = Stored(next(ids), kind, size, pieces)
        self.stored.append(stored)
        self.raw(b"R" + struct.pack("<I", stored.id))


def _pieces(items: Sequence[object], writer: _Writer, step: int = 1) -> tuple[bytes, ...]:
    """Items of a container as encoded lists of about _PIECE bytes; what is large among them is sent ahead itself."""
    pieces: list[bytes] = []
    chunks: list[bytes] = []
    size = count = 0
    for at in range(0, len(items), step):
        inner = _Writer(depth=writer.depth + 1)
        for item in items[at : at + step]:
            inner.value(item)
        data = b"".join(inner.finish())
        writer.stored += inner.stored
        writer.references += inner.references
        writer.has_numpy |= inner.has_numpy
        if chunks and size + len(data) > _PIECE:
            pieces.append(_counted(count, chunks))
            chunks, size, count = [], 0, 0
        chunks.append(data)
        size += len(data)
        count += step
    if chunks:
        pieces.append(_counted(count, chunks))
    return tuple(pieces)


def _counted(count: int, chunks: Iterable[bytes]) -> bytes:
    head = bytes((count,)) if count < 255 else struct.pack("<BI", 255, count)
    return b"".join([head, *chunks])


def encode(value: object) -> tuple[Encoded, bool]:
    """A value ready to travel, and whether numpy was in it. Raises CodecError."""
    writer = _Writer()
    writer.value(value)
    data = b"".join(writer.finish())
    return Encoded(data, tuple(writer.stored), tuple(writer.references)), writer.has_numpy


def encode_call(args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[Encoded, bool]:
    """A call ready to travel. Raises CodecError. (The tuple of arguments is not a level of the user's nesting.)"""
    writer = _Writer(depth=-1)
    writer.sequence(b"t", args)
    codec.Writer.value(writer, kwargs or None)
    data = b"".join(writer.finish())
    if len(data) > _PIECE:  # many arguments that are not large one by one
        writer = _Writer(depth=-1)
        writer._container(args)
        writer._container(kwargs)
        data = b"".join(writer.finish())
    return Encoded(data, tuple(writer.stored), tuple(writer.references)), writer.has_numpy


CANCELLED_CALL = b"NN"  # stands for a call that was cancelled after its lump was formed


def numbers(items: list[object]) -> "array[int] | array[float] | None":
    """The items as one array if all are i32 or all float, else None."""
    return values.packed(items) if items else None


def refer(owner: object, value: object) -> Reference:
    """A value to keep on boards. Raises CodecError."""
    encoded, has_numpy = encode(value)
    if encoded.references:
        raise CodecError("a reference to another stored value")
    if encoded.data[:1] == b"R" and len(encoded.data) == 5:
        return Reference(owner, encoded.stored, has_numpy)  # it was large, so it is stored already
    whole = Stored(next(ids), "v", 1, (_counted(1, [encoded.data]),))
    return Reference(owner, (*encoded.stored, whole), has_numpy)


# --- messages to a board ---------------------------------------------------------------------


def hello(session: int, limit: int, credit: int, resend_ms: int) -> Message:
    """Our HELLO; `limit`: largest payload that we want to get, bytes."""
    mark = wire.HELLO_MARK
    return wire.HELLO, [struct.pack(wire.HELLO_FORMAT, mark, wire.VERSION, session, limit, credit, resend_ms)]


def store(stored: Stored, frame: int) -> Iterator[Message]:
    """The messages that build a stored value on a board whose frames hold `frame` bytes."""
    yield wire.STORE, [struct.pack("<IBI", stored.id, ord(stored.kind), stored.size)]
    for piece in stored.pieces:
        view = memoryview(piece)
        if stored.kind in "lteDv":
            yield wire.PIECE, [view]
        else:
            for at in range(0, len(view), frame):
                yield wire.PIECE, [view[at : at + frame]]


def module(stored: Stored, name: str) -> Message:
    """A stored value is the code of a module."""
    return wire.MODULE, _values(stored.id, name)


def bind(number: int, module_name: str, function: str) -> Message:
    """Number a function of a module."""
    return wire.BIND, _values((number, module_name, function))


def _values(*values: object) -> list[Buffer]:
    writer = codec.Writer()
    writer.value(values if len(values) > 1 else values[0])
    return writer.finish()  # type: ignore[no-any-return]


def drop(numbers: list[int], modules: list[str]) -> Message:
    """Drop functions, by number, and modules that nothing uses any more."""
    return wire.DROP, _values((numbers, modules))


def _call_head(lump: int, function: int, mode: int, timeout: float | None) -> bytes:
    milliseconds = 0 if timeout is None else min(max(1, round(timeout * 1000)), 0xFFFFFFFF)
    return struct.pack(wire.CALL_FORMAT, lump, function, mode, milliseconds)


def call(lump: int, function: int, calls: Sequence[bytes], timeout: float | None = None) -> Message:
    """Run calls, each encoded by `encode_call`. `timeout`: seconds that the lump may take; a board that can stop it then does."""
    head = _call_head(lump, function, wire.CALLS, timeout)
    return wire.CALL, [b"".join([head, _counted(len(calls), calls)])]


def call_map(
    lump: int, function: int, items: "array[int] | array[float]", timeout: float | None = None
) -> tuple[Stored | None, Message]:
    """Run a function over numbers; the array is sent ahead if it is long. `timeout`: as in `call`."""
    head = _call_head(lump, function, wire.MAP, timeout)
    data = memoryview(items).cast("B")
    if len(data) <= _SPLIT:
        writer = codec.Writer()
        values.write_array(writer, b"a", items)
        return None, (wire.CALL, [b"".join([head, *writer.finish()])])
    stored = Stored(next(ids), items.typecode, len(data), (data,))
    return stored, (wire.CALL, [head + b"R" + struct.pack("<I", stored.id)])


def cancel(lump: int) -> Message:
    """Do not run a lump that has not begun; a board that can stops one that runs."""
    return wire.CANCEL, [struct.pack("<I", lump)]


def interrupt(lump: int) -> Message:
    """Stop a lump, if it runs and the board can, and do not begin it. It is answered all the same, with what it has."""
    return wire.INTERRUPT, [struct.pack("<I", lump)]


def forget(stored: Iterable[int]) -> Message:
    """Drop stored values."""
    return wire.FORGET, [b"".join(struct.pack("<I", name) for name in stored)]


def fits(frame: int) -> int:
    """Most bytes of encoded calls in one lump for boards whose frames hold `frame` bytes."""
    return frame - struct.calcsize(wire.CALL_FORMAT) - 5


# --- messages from a board -------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    """What a board tells of itself. `limit`: largest payload it takes, bytes; `credit`: frames it takes at a time.

    `facts`: those that docs/protocol.md names, such as `unique_id`, `agent` (its release), `reset` (why it started), `heap_free`.
    """

    boot: int
    limit: int
    credit: int
    facts: dict[str, Any]


class RemoteFailure(NamedTuple):
    """One failed call as the board described it; `index` counts from the first call of the lump."""

    index: int  # type: ignore[assignment]
    type: str
    args: list[Any] | None
    text: str
    trace: str


class Result(NamedTuple):
    """The answer to a lump. `compute`, `agent`: seconds; `heap`: bytes free, 0 if unknown; `temperature`: C, None if unknown.

    Heap and temperature are as the board measured them last, about once a second.
    """

    lump: int
    compute: float
    agent: float
    heap: int
    temperature: float | None
    results: list[Any]
    failures: list[RemoteFailure]
    size: int


class Printed(NamedTuple):
    """Text that a task printed."""

    text: str


def read(op: int, payload: memoryview) -> Hello | Result | Printed:
    """A message from a board. Raises ProtocolError, or VersionError if the board speaks another version."""
    try:
        if op == wire.RESULT:
            return _result(payload)
        if op == wire.PRINT:
            return Printed(str(payload[4:], "utf-8", "surrogatepass"))
        if op in (wire.HELLO, wire.REFUSE):
            return _hello(payload)
    except (struct.error, IndexError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"a message (op {op}, {len(payload)} bytes) makes no sense: {error}") from error
    raise ProtocolError(f"unknown message (op {op}, {len(payload)} bytes)")


def _result(payload: memoryview) -> Result:
    lump, compute, agent, heap, temperature = struct.unpack_from(wire.RESULT_FORMAT, payload)
    reader = codec.Reader(payload[struct.calcsize(wire.RESULT_FORMAT) :])
    results = reader.value()
    failures = [RemoteFailure(*failure) for failure in reader.value()]
    celsius = None if temperature == wire.NO_TEMPERATURE else temperature / 100
    return Result(lump, compute / 1e6, agent / 1e6, heap, celsius, results, failures, len(payload))


def _hello(payload: memoryview) -> Hello:
    mark, version = struct.unpack_from("<5sB", payload)
    if mark != wire.HELLO_MARK:
        raise ProtocolError("the other end is not a Shoal agent")
    if version != wire.VERSION:
        raise VersionError(
            f"the agent speaks version {version} of the protocol, this computer version {wire.VERSION}; "
            "bring both to the same release of Shoal"
        )
    _, _, boot, limit, credit, _ = struct.unpack_from(wire.HELLO_FORMAT, payload)
    return Hello(boot, limit, credit, codec.Reader(payload[wire.HELLO_SIZE :]).value())
