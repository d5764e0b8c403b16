"""Shipped functions on the MicroPython of virtual boards, kept running: one line in, one line out."""

import ast
import subprocess
from pathlib import Path

from shoal.source import compile_module, pack
from shoal.virtual import interpreter

SERVER = """
import sys
from array import array
inf = float("inf")
sys.path.insert(0, {folder!r})
while True:
    line = sys.stdin.readline()
    if not line:
        break
    module, name, args = eval(line)
    try:
        answer = getattr(__import__(module), name)(*args)
        if isinstance(answer, array):
            answer = ("array", list(answer))
        elif isinstance(answer, bytearray):
            answer = ("bytearray", bytes(answer))
        print(repr((True, answer)))
    except Exception as error:
        print(repr((False, type(error).__name__ + ": " + str(error))))
"""


class Port:
    """MicroPython that runs functions compiled for `arch` (None: bytecode), with a Pico's heap."""

    def __init__(self, folder: Path, arch: str | None) -> None:
        self.arch = arch
        self._folder = folder
        self._known = {}
        script = folder / "server.py"
        script.write_text(SERVER.format(folder=str(folder)), encoding="utf-8")
        command = interpreter.find({}).command(233024, str(script))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, function, *args):
        """What the function answers there. Raises RuntimeError with what it raised."""
        if function not in self._known:
            shipment = pack(function)
            for module in shipment.modules:
                (self._folder / f"{module.name}.mpy").write_bytes(compile_module(module, self.arch))
            self._known[function] = shipment.modules[-1].name, shipment.function
        self._process.stdin.write(f"{(*self._known[function], args)!r}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "MicroPython has ended"
        done, answer = ast.literal_eval(line)
        if not done:
            raise RuntimeError(answer)
        return answer

    def close(self):
        self._process.stdin.close()
        assert self._process.wait(10) == 0
        self._process.stdout.close()
