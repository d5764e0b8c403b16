"""What may be on a serial port instead of a board: a terminal that answers as it likes."""

import os
import pty
import re
import select
import threading
import tty

CIRCUITPYTHON = b"\r\nAdafruit CircuitPython 9.2.1 on 2024-11-20; Raspberry Pi Pico with rp2040\r\n>>> "
GPS = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
RAW = b"raw REPL; CTRL-B to exit\r\n>"


class Impostor:
    """A port at `path`. `answer(data)` gives what it says to what it hears; `every`: what it says unasked, each 20 ms."""

    def __init__(self, path, answer=lambda data: b"", every=b""):
        self.path = path
        self._end, theirs = pty.openpty()
        tty.setraw(theirs)
        os.set_blocking(self._end, False)
        os.symlink(os.ttyname(theirs), path)
        self._theirs = theirs
        self._answer = answer
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            said = self._every
            if select.select([self._end], [], [], 0.02)[0]:
                said += self._answer(os.read(self._end, 4096))
            try:
                os.write(self._end, said)
            except BlockingIOError:  # nobody reads
                pass

    def close(self):
        self._stop.set()
        self._thread.join()
        os.close(self._end)
        os.close(self._theirs)


def circuitpython(data):
    """Its raw REPL looks like MicroPython's; its banner does not, and comes when a program is interrupted."""
    return (CIRCUITPYTHON if b"\x03" in data else b"") + (RAW if b"\x01" in data else b"")


def quiet_circuitpython(data):
    """At its prompt already, so no banner comes: it is found out when it is asked what it is."""
    said = RAW if b"\x01" in data and b"\x05A" not in data else b""
    if b"\x05A\x01" in data:
        said += b"R\x01\x00\x40\x01"
    told = b"('circuitpython', (9, 2, 1), 'Pico with rp2040', 518, 'RP2040', '', 180000, 900000, '', False, False, False, None)"
    told += b"\r\n"
    return said + (b"\x04" + told + b"\x04\x04>" if b"print(" in data else b"")


def old_micropython(data):
    return quiet_circuitpython(data).replace(b"'circuitpython', (9, 2, 1)", b"'micropython', (1, 19, 1)")


def nonsense(data):
    """A raw REPL that answers to nothing as it should."""
    return quiet_circuitpython(data).replace(b"('circuit", b"(circuit")


def modem(data):
    said = data  # it echoes
    return said + (b"\r\nOK\r\n" if re.search(rb"AT\r", data) else b"")
