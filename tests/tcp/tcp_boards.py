"""Real boards for these tests: a process of either interpreter that listens on loopback, and a host's plain socket to it."""

import atexit
import contextlib
import select
import socket
import struct
import subprocess
import time
from pathlib import Path

import interpreters
from shoal.links import tcp
from shoal_board import secure

BOTH = Path(__file__).with_name("both")
KEY = bytes(range(7, 39))
WRONG = bytes(32)
HEAP_OF_A_PICO = 233_024
WITHIN_S = 20


def free_port():
    """Free at every address: thousands of connections leave theirs taken for a minute."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


class Board:
    """A process that runs a script of `both`; `port`: where it listens."""

    def __init__(self, interpreter, script="echo_port", port=None, where=None, key=KEY, arguments=()):
        self.port = port or free_port()
        argv = [
            *interpreters.command(interpreter, BOTH / f"{script}.py", HEAP_OF_A_PICO),
            where or str(self.port),
            key.hex(),
            *arguments,
        ]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=interpreters.environment())
        atexit.register(self.close)  # also where a test failed before it could
        line = self.process.stdout.readline()
        if line != b"ready\n":
            self.process.kill()  # else its output would have no end
        assert line == b"ready\n", line + self.process.stdout.read()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def plain(port, source="127.0.0.1"):
    """A connection that has said nothing yet. A board that is at its limit may need some time to take one."""
    end = time.monotonic() + WITHIN_S
    while True:
        connection = socket.socket()
        connection.settimeout(WITHIN_S)
        try:
            connection.bind((source, 0))
            connection.connect(("127.0.0.1", port))
            return connection
        except OSError:
            connection.close()
            if time.monotonic() > end:
                raise


def enter(port, key=KEY, source="127.0.0.1", again=("ended",)):
    """An authenticated link, however often it takes; `again`: refusals after which it is tried again."""
    end = time.monotonic() + WITHIN_S
    while True:
        try:
            return tcp.let_in(plain(port, source), [key], 10)[1]
        except tcp.NotLetIn as error:
            if error.why not in again or time.monotonic() > end:
                raise
        time.sleep(0.05)


def send(link, data):
    view = memoryview(data)
    while view:
        count = link.send(view)
        assert count >= 0, link.fault
        view = view[count:]
        if not count:
            select.select([], [link.fileno()], [], WITHIN_S)


def receive(link, count):
    """So many bytes of a link; fewer if it ends."""
    data = b""
    buffer = bytearray(65536)
    while len(data) < count and select.select([link.fileno()], [], [], WITHIN_S)[0]:
        got = link.receive_into(memoryview(buffer))
        if got < 0:
            break
        data += buffer[:got]
    return data


def echoes(link, data=b"are you there?"):
    """Whether the board serves this link."""
    send(link, b"e" + struct.pack("<H", len(data)) + data)
    return receive(link, len(data)) == data


def memory(link):
    """Bytes of heap that the board uses; 0 from CPython, which does not know."""
    send(link, b"m")
    return struct.unpack("<I", receive(link, 4))[0]


def rest(connection):
    """All that still comes from a plain connection until it ends."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(4096):
            data += more
    return data


class Raw:
    """An authenticated host that writes its records by itself."""

    def __init__(self, port, key=KEY):
        self.handshake = secure.Handshake(True)
        self.connection = plain(port)
        self.connection.sendall(self.handshake.greeting())
        self.answer = self.read(secure.ANSWER)
        assert self.handshake.choose(self.answer, [key]) == 0
        self.connection.sendall(self.handshake.proof())
        assert self.open(self.read(19)) == secure.WELCOME

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            assert more, "the board hung up"
            data += more
        return data

    def open(self, record):
        return bytes(self.handshake.inwards.open(memoryview(record)))

    def record(self, data):
        head = struct.pack("<H", len(data)) + data
        return head + self.handshake.outwards.tag(head)

    def close(self):
        self.connection.close()
