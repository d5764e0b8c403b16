"""Starts virtual boards, tells how each one ended, and ends them all when the host is gone, however it went.

Runs as a process of its own, alone: `python -I -S warden.py CONTROL_FD SITE`. It loads MicroPython once and forks, so that a
board costs a millisecond and a megabyte. Requests are lines of fields parted by NUL:

    spawn id argv...    with two descriptors: the board's link (its 0) and its console (its 1 and 2)
    kill id

Answers: `up id pid`, `down id status` (a signal as a negative number). argv[0] is a program, or "micropython_run" for the
MicroPython inside this process. The end of the control socket means that the host has ended.
"""

import os
import select
import signal
import socket
import sys


def run(argv: list[str]) -> None:
    """Become the board. Never returns."""
    status = 127
    try:
        if argv[0] == "micropython_run":
            status = micropython_run.run_main(["micropython", *argv[1:]])
        else:
            os.execv(argv[0], argv)
    except BaseException as error:
        os.write(2, f"cannot start {argv[0]}: {error}\n".encode())
    finally:
        os._exit(status if isinstance(status, int) and 0 <= status < 256 else 1)


class Warden:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.alive: dict[int, str] = {}  # pid -> id
        self.descriptors: list[int] = []
        self.pending = b""
        self.wake_in, self.wake_out = os.pipe()
        os.set_blocking(self.wake_out, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_out)

    def serve(self) -> None:
        try:
            while True:
                readable, _, _ = select.select([self.control.fileno(), self.wake_in], [], [])
                if self.wake_in in readable:
                    os.read(self.wake_in, 4096)
                if self.control.fileno() in readable and not self.requests():
                    return
                self.reap()
        finally:
            for pid in self.alive:
                os.kill(pid, signal.SIGKILL)

    def requests(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, 65536, 64)
        except ConnectionResetError:  # the host ended without reading our last answer
            return False
        self.descriptors += descriptors
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            verb, name, *argv = line.decode().split("\0")
            if verb == "spawn":
                self.spawn(name, argv)
            else:
                for pid, known in self.alive.items():
                    if known == name:
                        os.kill(pid, signal.SIGKILL)
        return bool(data)

    def spawn(self, name: str, argv: list[str]) -> None:
        link, console = self.descriptors[:2]
        del self.descriptors[:2]
        go, told = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(told)
            os.read(go, 1)  # until the host has been told our pid: it must not hear from the board before
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(link, 0)
            os.dup2(console, 1)
            os.dup2(console, 2)
            os.closerange(3, max(64, self.wake_out, *self.descriptors, link, console, told) + 1)
            run(argv)
        self.alive[pid] = name
        self.say("up", name, pid)
        for descriptor in (link, console, go, told):
            os.close(descriptor)

    def reap(self) -> None:
        while self.alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self.say("down", self.alive.pop(pid), os.waitstatus_to_exitcode(status))

    def say(self, *fields: object) -> None:
        try:
            self.control.sendall("\0".join(map(str, fields)).encode() + b"\n")
        except OSError:
            pass  # the host is gone: `requests` sees it too


if __name__ == "__main__":
    sys.path.append(sys.argv[2])
    try:
        import micropython_run
    except ImportError:
        micropython_run = None
    with socket.socket(fileno=int(sys.argv[1])) as control:
        Warden(control).serve()
