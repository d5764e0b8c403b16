"""Flashes many boards side by side: a process for each, so that one that fails, hangs or crashes harms no other.

A first Ctrl-C lets those finish that have begun (a board that is cut off has no firmware) and begins no more; a second ends all.
"""

import importlib.util
import json
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Any

from shoal import clock
from shoal.flash.plan import Step
from shoal.flash.reporting import Job

AT_ONCE = 8
SILENT_S = 180.0  # a process that reports nothing for so long hangs; erasing 16 MB takes a minute
_LOOK_S = 0.2
_END_WITHIN_S = 5.0
_MODULES = {"esptool": "shoal.flash.with_esptool", "mpflash": "shoal.flash.with_mpflash"}


def missing(steps: Sequence[Step]) -> list[str]:
    """The tools that these steps need and that are not installed."""
    return sorted({step.tool for step in steps if step.tool and importlib.util.find_spec(step.tool) is None})


@dataclass
class Flashing:
    """One step on its way. `state`: "waits", "runs", "done" or "failed"; `stage`, `part`: as reported; `text`: how it ended."""

    step: Step
    state: str = "waits"
    stage: str = ""
    part: float | None = None
    text: str = ""
    began: float = 0.0
    took: float = 0.0
    heard: float = 0.0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _complaints: IO[bytes] | None = field(default=None, repr=False)
    _rest: bytes = field(default=b"", repr=False)


class Crew:
    """Runs steps; `flashings` is what to show. Every step must have a firmware."""

    def __init__(self, steps: Sequence[Step], *, erase: bool, at_once: int = AT_ONCE, silent_s: float = SILENT_S) -> None:
        """`erase`: all of the flash first; `at_once`: processes at the same time; `silent_s`: patience with one."""
        self.flashings = [Flashing(step) for step in steps]
        self.stopping = False
        self._erase = erase
        self._at_once = at_once
        self._silent_s = silent_s
        self._selector = selectors.DefaultSelector()

    def run(self, tell: Callable[[Flashing], None]) -> None:
        """Until all have ended; `tell` is called at every change.

        Raises KeyboardInterrupt at the second Ctrl-C, or at the end after the first.
        """
        before = signal.signal(signal.SIGINT, self._interrupted)
        try:
            self._begin(tell)
            while any(one.state == "runs" for one in self.flashings):
                self._listen(tell)
                self._begin(tell)
        finally:
            signal.signal(signal.SIGINT, before)
            for one in self.flashings:
                if one.state == "runs":
                    self._end(one, "failed", "stopped by Ctrl-C while it was written: flash it again", tell)
            self._selector.close()
        if self.stopping:
            raise KeyboardInterrupt

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            raise KeyboardInterrupt
        self.stopping = True

    def _begin(self, tell: Callable[[Flashing], None]) -> None:
        running = [one for one in self.flashings if one.state == "runs"]
        lanes = {one.step.lane for one in running if one.step.lane}
        for one in self.flashings:
            if self.stopping or len(running) >= self._at_once:
                return
            if one.state == "waits" and one.step.lane not in lanes:
                self._start(one)
                running.append(one)
                lanes |= {one.step.lane} - {""}
                tell(one)

    def _start(self, one: Flashing) -> None:
        step = one.step
        assert step.firmware is not None
        target, firmware = step.target, step.firmware
        file = str(firmware.path.resolve())
        job = Job(target.where, target.is_drive, target.place, target.chip, file, firmware.version, self._erase)
        one._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        one._process = subprocess.Popen(
            [sys.executable, "-m", _MODULES[step.tool], job.to_json()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=one._complaints, start_new_session=True,
        )  # fmt: skip
        assert one._process.stdout is not None
        self._selector.register(one._process.stdout, selectors.EVENT_READ, one)
        one.state, one.stage = "runs", "starting"
        one.began = one.heard = clock.now()

    def _listen(self, tell: Callable[[Flashing], None]) -> None:
        for key, _ in self._selector.select(_LOOK_S):
            one: Flashing = key.data
            data = key.fileobj.read1()  # type: ignore[union-attr]
            if data:
                self._heard(one, data, tell)
            else:
                self._end(one, "failed", self._last_words(one), tell)
        for one in self.flashings:
            if one.state == "runs" and clock.now() - one.heard > self._silent_s:
                self._end(one, "failed", f"{one.stage}: nothing happened for {self._silent_s:.0f} s; it was given up", tell)

    def _heard(self, one: Flashing, data: bytes, tell: Callable[[Flashing], None]) -> None:
        one.heard = clock.now()
        *lines, one._rest = (one._rest + data).split(b"\n")
        for line in lines:
            report = _report(line)
            if "done" in report:
                self._end(one, "done", report["done"], tell)
            elif "failed" in report:
                self._end(one, "failed", report["failed"].strip().partition("\n")[0], tell)
            elif "stage" in report:
                one.stage, one.part = report["stage"], report["part"]
                tell(one)

    def _end(self, one: Flashing, state: str, text: str, tell: Callable[[Flashing], None]) -> None:
        """The process has said its last word, or will not: it is gone when this returns."""
        if one.state != "runs":
            return
        process, complaints = one._process, one._complaints
        assert process is not None and process.stdout is not None and complaints is not None
        self._selector.unregister(process.stdout)
        process.stdout.close()
        if state == "failed":
            process.kill()
        _gone(process)
        complaints.close()
        one.state, one.text, one.part = state, text, None
        one.took = clock.now() - one.began
        tell(one)

    @staticmethod
    def _last_words(one: Flashing) -> str:
        """What a process that ended without a report left behind."""
        assert one._complaints is not None and one._process is not None
        code = _gone(one._process)
        one._complaints.seek(0)
        lines = one._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"the process that flashed it ended with status {code}"


def _gone(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process that has nothing left to do."""
    try:
        return process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:  # something in a library holds it
        process.kill()
        return process.wait()


def _report(line: bytes) -> dict[str, Any]:
    """What a line reports; nothing, if a library printed it while it was imported."""
    try:
        report = json.loads(line)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}
