"""A board in this process: `main.Board` on a port in memory, and the host as a generator that runs while the board waits.

`yield` in the generator means: wait for the board. One agent at a time, as on a board.
"""

import struct
import sys
import time

from checks import check
from frames import whole

from shoal_board import main, wire
from shoal_board.codec import Reader, Writer
from shoal_board.decoder import Decoder
from shoal_board.peer import Peer

try:
    import vfs
except ImportError:  # CPython
    vfs = None

BOOT = 0xFEDCBA98
FRAME = 256  # largest payload either way
CREDIT = 8
PATIENCE = 2000  # times in a row that the host waits for a board that says nothing
NUDGE_EVERY = 30  # of these times, on a lossy link


def encoded(*values):
    writer = Writer()
    for value in values:
        writer.value(value)
    return b"".join(writer.finish())


class Host:
    """The other end of a board, and the board's port."""

    def __init__(self, talk, code, carrier=None):
        """`talk(host)`: the generator; `code`: what MODULE sends; `carrier`: a pair.Wire both ways, else nothing is lost."""
        self.code = code
        self.results = []  # (lump, compute, agent, heap, results, errors)
        self.temperatures = set()  # of all results, as they travel
        self.printed = []  # (lump, text)
        self.hellos = []
        self.ops = []  # of all frames that came
        self.refused = []
        self.failure = None
        self.idle = 0
        self.allowed = 0  # milliseconds that a lump may take
        self.lumps = self.answered = 0  # the last lump sent, and the last whose answer was looked at
        self.reset(64, 0)
        self._input = b""
        self._carry = carrier.carry if carrier else bytes
        self._talk = talk(self)

    def reset(self, credit, resend):
        self.peer = Peer(FRAME, credit, resend, main.ticks_diff)
        self.peer.granted = CREDIT
        self.decoder = Decoder(FRAME)
        self.resend = resend

    # --- the board's port ---

    def ready(self, milliseconds):
        if milliseconds and not self._input:
            return not self._step() or bool(self._input)
        return bool(self._input)

    def read(self, view):
        while len(self._input) < len(view):
            if not self._step():
                return False
        view[:] = self._input[: len(view)]
        self._input = self._input[len(view) :]
        return True

    def write(self, view):
        self.idle = 0
        self._take(self._carry(view))

    def _step(self):
        """Let the host go on. False when it has come to its end."""
        self.idle += 1
        try:
            if self.idle > PATIENCE:
                raise AssertionError("the board says nothing")
            if self.idle > 20:
                time.sleep(0.001)  # until something is sent again
            if self.resend and self.idle % NUDGE_EVERY == 0:
                self.peer.nudge()
            next(self._talk)
        except StopIteration:
            return False
        except BaseException as error:  # kept, because a task that waits in `print` would take it for its own
            self.failure = self.failure or error
            return False
        self.flush()
        return True

    # --- the host ---

    def _take(self, data):
        decoder = self.decoder
        while len(data):
            room = decoder.room()
            count = min(len(room), len(data))
            room[:count] = data[:count]
            decoder.pushed(count)
            data = data[count:]
            damaged = decoder.damaged
            frame = decoder.pop()
            while frame:
                self.ops.append(frame[0])
                message = self.peer.receive(frame, main.ticks_ms())
                if message:
                    self._message(*message)
                frame = decoder.pop()
            if decoder.damaged != damaged:
                self.peer.damaged()

    def _message(self, op, payload):
        if op == wire.RESULT:
            head = struct.unpack_from(wire.RESULT_FORMAT, payload, 0)
            reader = Reader(payload[struct.calcsize(wire.RESULT_FORMAT) :])
            self.results.append(head[:4] + (reader.value(), reader.value()))
            self.temperatures.add(head[4])
            check(reader.at == len(reader.view))
        elif op == wire.PRINT:
            self.printed.append((struct.unpack_from("<I", payload, 0)[0], str(payload[4:], "utf-8")))
        elif op == wire.HELLO:
            head = struct.unpack_from(wire.HELLO_FORMAT, payload, 0)
            self.hellos.append(head + (Reader(payload[wire.HELLO_SIZE :]).value(),))
        else:
            check(op == wire.REFUSE)
            self.refused.append(bytes(payload))

    def flush(self):
        """Write what may be written."""
        buffers = self.peer.output(main.ticks_ms())
        while buffers is not None:
            self._input += self._carry(whole(buffers))
            buffers = self.peer.output(main.ticks_ms())

    def raw(self, data):
        """Bytes on the wire, of no peer."""
        self._input += data

    def send(self, op, *parts):
        self.peer.send(op, [bytes(part) for part in parts])

    def hello(self, session=1, version=wire.VERSION, mark=wire.HELLO_MARK, credit=64, resend=0):
        """Greet until there is an answer."""
        count = len(self.hellos)
        while len(self.hellos) == count:
            self.announce(session, version, mark, credit, resend)
            for _ in range(20):
                if len(self.hellos) == count:
                    yield
        return self.hellos[-1]

    def announce(self, session=1, version=wire.VERSION, mark=wire.HELLO_MARK, credit=64, resend=0):
        payload = struct.pack(wire.HELLO_FORMAT, mark, version, session, FRAME, credit, resend)
        self.peer.announce(wire.HELLO, [payload])

    def store(self, name, kind, data, size=None):
        self.send(wire.STORE, struct.pack("<IBI", name, ord(kind), len(data) if size is None else size))
        for at in range(0, len(data), FRAME):
            self.send(wire.PIECE, data[at : at + FRAME])

    def ship(self):
        """Send the code of the module `shipped`."""
        self.store(1, "y", self.code)
        self.send(wire.MODULE, encoded((1, "shipped")))

    def bind(self, number, function, module="shipped"):
        self.send(wire.BIND, encoded((number, module, function)))

    def call(self, number, *calls):
        """Send a lump of calls, each (args, kwargs); returns its id."""
        return self.encoded_call(number, bytes([len(calls)]) + b"".join([encoded(*call) for call in calls]))

    def encoded_call(self, number, calls, mode=wire.CALLS):
        """The same, with the calls as they travel."""
        self.lumps += 1
        self.send(wire.CALL, struct.pack(wire.CALL_FORMAT, self.lumps, number, mode, self.allowed), calls)
        return self.lumps

    def map(self, number, items):
        """Send a lump over items that are encoded already; returns its id."""
        return self.encoded_call(number, items, wire.MAP)

    def answer(self):
        """Wait for the next RESULT; returns (results, errors). Lumps are answered in order."""
        while not self.results:
            yield
        lump, _, _, _, results, errors = self.results.pop(0)
        check(self.answered < lump <= self.lumps)
        self.answered = lump
        return results, errors

    def one(self, number, *args):
        """Call a function once; returns its result, or its error without the index."""
        lump = self.call(number, (args, None))
        while not self.results:
            yield
        got, _, _, _, results, errors = self.results.pop(0)
        self.answered = got
        check(got == lump and len(results) == 1 and not self.results)
        if errors:
            check(len(errors) == 1 and errors[0][0] == 0 and results[0] is None)
            return errors[0][1:]
        return results[0]


def run(talk, carrier=None, **clocks):
    """A board from its start to the end of `talk`. Argument of the script: the code of the module `shipped`.

    `clocks`: other ones for the board.
    """
    with open(sys.argv[1], "rb") as file:
        code = file.read()
    host = Host(talk, code, carrier)
    board = main.Board(host, BOOT, {"unique_id": "unique", "cores": 2}, FRAME, CREDIT, **clocks)
    host.board = board
    try:
        board.serve()
    finally:
        sys.modules.pop("shipped", None)
        if vfs and board.agent.modules:
            vfs.umount("/shoal")
            sys.path.remove("/shoal")
    if host.failure:
        raise host.failure
    return host
