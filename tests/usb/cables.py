"""Boards made of MicroPython processes, each at the end of a cable that can be pulled: what the tests have instead of hardware.

    boards.py (a test)  --lines-->  this process  <--terminal-->  MicroPython running board/boot.py
    the code under test <--serial port, a symbolic link to a terminal--> this process

Run as `python cables.py COMMAND...`, the command line of MicroPython up to and with its boot script. Reads lines, words parted
by NUL:

    plug NAME [PATH FLASH ID SIZE]   power on, and a port at PATH
    pull NAME                        power off: the port hangs up and the board's process ends
    part NAME                        the port hangs up, and the board goes on (it has a supply of its own)
    join NAME                        a port again, for a board that goes on
    hold NAME SECONDS                nothing is carried for so long
and answers each with a line. A board whose process ends by itself was reset: it starts again at once, on the same port.
"""

import contextlib
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty

CTRL_C = 3
SETTLE_S = 0.5
SOFT_RESET = b"OK\r\n"  # what the raw REPL says before one


def raw(descriptor, interrupts):
    """No terminal manners: bytes go through as they are, but a Ctrl-C may still become a signal."""
    tty.setraw(descriptor)
    mode = termios.tcgetattr(descriptor)
    mode[1] = 0
    mode[3] = termios.NOFLSH | (termios.ISIG if interrupts else 0)
    termios.tcsetattr(descriptor, termios.TCSANOW, mode)


class Board:
    def __init__(self, command, path, flash, unique_id, size):
        self.argv = [*command, flash, unique_id, size]
        self.path = path
        self.pid = self.stdio = self.port = None
        self.out = b""  # to the board
        self.answer = b""  # to the computer
        self.said = b""  # its last words
        self.ready_at = self.held_until = 0.0

    def start(self, raw_mode=False):
        self.stdio, theirs = pty.openpty()
        raw(theirs, interrupts=False)  # board/boot.py turns them on
        self.pid = os.fork()
        if not self.pid:
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
            for number in (0, 1, 2):
                os.dup2(theirs, number)
            os.closerange(3, 256)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            argv = [*self.argv, "raw"] if raw_mode else self.argv
            os.execv(argv[0], argv)
        os.close(theirs)
        os.set_blocking(self.stdio, False)
        self.out = b""

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.stdio)
            self.pid = self.stdio = None
        self.out = b""

    def join(self):
        self.port, theirs = pty.openpty()
        raw(theirs, interrupts=False)
        name = os.ttyname(theirs)
        os.close(theirs)
        os.set_blocking(self.port, False)
        self.answer = b""
        os.symlink(name, self.path + ".new")
        os.rename(self.path + ".new", self.path)

    def part(self):
        if self.port is not None:
            os.close(self.port)
            os.unlink(self.path)
            self.port = None

    def reads(self, now):
        """Descriptors worth watching."""
        if now < self.held_until:
            return []
        wanted = [self.stdio] if self.stdio is not None and len(self.answer) < 65536 else []
        if self.port is not None and not self.out and now >= self.ready_at:
            wanted.append(self.port)
        return wanted

    def writes(self, now):
        if now < self.held_until:
            return []
        wanted = [self.stdio] if self.out and self.stdio is not None and now >= self.ready_at else []
        return wanted + ([self.port] if self.answer and self.port is not None else [])

    def from_host(self):
        try:
            self.out += os.read(self.port, 4096)
        except OSError:  # nobody has the port open
            self.ready_at = time.monotonic() + 0.002

    def from_board(self):
        try:
            data = os.read(self.stdio, 65536)
            self.answer += data
            self.said = (self.said + data)[-16:]
        except OSError:  # it ended by itself: a reset
            os.waitpid(self.pid, 0)
            os.close(self.stdio)
            self.start(self.said.endswith(SOFT_RESET))

    def to_board(self):
        """Carry what came; a Ctrl-C that is a signal is carried alone, and only when the board can take it."""
        mode = termios.tcgetattr(self.stdio)[3]
        if not mode & termios.ISIG:
            with contextlib.suppress(BlockingIOError):
                self.out = self.out[os.write(self.stdio, self.out) :]
            return
        before, ctrl_c, after = self.out.partition(bytes([CTRL_C]))
        with contextlib.suppress(BlockingIOError):
            before = before[os.write(self.stdio, before) :] if before else b""
        if not ctrl_c or before:
            self.out = before + ctrl_c + after
        elif self.catches():
            os.write(self.stdio, ctrl_c)
            self.out = after.lstrip(ctrl_c)
            end = time.monotonic() + SETTLE_S
            while time.monotonic() < end and self.interrupts_on():
                time.sleep(0.0005)
        else:
            self.out = ctrl_c + after
            self.ready_at = time.monotonic() + 0.001

    def interrupts_on(self):
        return termios.tcgetattr(self.stdio)[3] & termios.ISIG

    def catches(self):
        """Whether SIGINT would not kill the process now."""
        with open(f"/proc/{self.pid}/status") as status:
            masks = [line.split()[1] for line in status if line.startswith("SigCgt")]
        return int(masks[0], 16) & 1 << (signal.SIGINT - 1)

    def to_host(self):
        try:
            self.answer = self.answer[os.write(self.port, self.answer) :]
        except BlockingIOError:
            pass
        except OSError:
            self.answer = b""


class Cables:
    def __init__(self, command):
        self.command = command
        self.boards = {}

    def obey(self, line):
        verb, name, *words = line.split("\0")
        if verb == "plug":
            board = self.boards[name] = self.boards.get(name) or Board(self.command, *words)
            board.start()
            board.join()
        elif verb == "pull":
            self.boards[name].part()
            self.boards[name].stop()
        elif verb == "hold":
            self.boards[name].held_until = time.monotonic() + float(words[0])
        else:
            getattr(self.boards[name], verb)()
        print(verb, name, flush=True)

    def carry(self):
        pending = b""
        while True:
            now = time.monotonic()
            readers = {fd: board for board in self.boards.values() for fd in board.reads(now)}
            writers = {fd: board for board in self.boards.values() for fd in board.writes(now)}
            busy = any(board.ready_at > now or board.held_until > now for board in self.boards.values())
            readable, writable, _ = select.select([0, *readers], writers, [], 0.001 if busy else 0.2)
            for fd in readable:
                board = readers.get(fd)
                if board and fd == board.port:
                    board.from_host()
                elif board:
                    board.from_board()
            for fd in writable:
                board = writers[fd]
                if fd == board.port:
                    board.to_host()
                elif fd == board.stdio:
                    board.to_board()
            if 0 in readable:
                data = os.read(0, 65536)
                if not data:
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self.obey(line.decode())

    def close(self):
        for board in self.boards.values():
            board.part()
            board.stop()


if __name__ == "__main__":
    cables = Cables(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cables.carry()
    finally:
        cables.close()
