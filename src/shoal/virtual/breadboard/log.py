"""The log of a run: what came from outside of the simulation, which is all that a replay needs; and a digest of what happened.

From outside come: seed, wiring, files and faults; what the host typed, and after how many events; and what computing took where
that was measured. A file of JSON lines; the last one says how the run ended.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from shoal.errors import UsageError
from shoal.virtual.breadboard.faults import Fault
from shoal.virtual.breadboard.i2c import Transfer
from shoal.virtual.breadboard.wired import Wiring

FORM = 1
_OURS = Path(__file__).with_name("wirings")  # whose names mean the same everywhere


def lines(file: Path) -> list[list[Any]]:
    """The lines of a log. Raises UsageError for a file that is none."""
    try:
        found = [json.loads(line) for line in file.read_text().splitlines()]
        if not found or found[0][0] != "run" or found[0][1]["shoal"] != FORM:
            raise ValueError
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{file} is not the log of a breadboard that this Shoal can replay") from None
    return found


def head_of(wiring: Wiring, seed: int, faults: Iterable[Fault], noise: float, board_files: Mapping[str, bytes]) -> dict[str, Any]:
    """What a run is made of, beside its programs."""
    return {
        "shoal": FORM,
        "wiring": wiring.file.stem if wiring.file.parent == _OURS else str(wiring.file),
        "frequency_hz": wiring.bus.frequency_hz,
        "pullups_ohm": {net.name: list(net.pullups_ohm) for net in wiring.nets},
        "seed": seed,
        "faults": [str(fault) for fault in faults],
        "noise": noise,
        "files": {name: base64.b64encode(content).decode() for name, content in board_files.items()},
    }


class Input(NamedTuple):
    """Something that the host did: typed ("usb", hex), moved a cable ("plug", bool), added a fault ("fault", its words).

    It did so after `step` events, at nanosecond `ns`; `idle`: when every board had asked for something.
    """

    kind: str
    step: int
    ns: int
    idle: bool
    board: str
    data: str | bool


class Log:
    """Of one simulation; written to a file, or read from one."""

    def __init__(self, head: dict[str, Any], record: str | Path | None, replay: str | Path | None) -> None:
        """`head`: what the run is made of. Raises UsageError if `replay` is the log of another run, or none."""
        self._digest = hashlib.sha256()
        self._costs: dict[tuple[str, int], int] = {}
        self.inputs: list[Input] = []  # of the run that is replayed, those that are still to come
        self.end: tuple[int, str] | None = None  # of that run: its nanoseconds, its digest
        if replay is not None:
            self._read(Path(replay), head)
        self._file: IO[str] | None = Path(record).open("w") if record else None  # noqa: SIM115 - closed by `close`
        self._write("run", head)

    def _read(self, file: Path, head: dict[str, Any]) -> None:
        for kind, *rest in lines(file):
            if kind == "run":
                for key, value in head.items():
                    if rest[0].get(key) != value:
                        raise UsageError(f"{file} is the log of another run: it differs in {key}")
            elif kind == "cost":
                self._costs[rest[0], rest[1]] = rest[2]
            elif kind == "host":
                self.inputs.append(Input(*rest))
            elif kind == "end":
                self.end = rest[1], rest[2]

    def _write(self, *fields: Any) -> None:
        if self._file is not None:
            self._file.write(json.dumps(fields) + "\n")

    # --- from outside ---

    def outside(self, entry: Input) -> None:
        """The host did something."""
        self._write("host", *entry)

    def waits(self, step: int) -> bool:
        """Whether the host did something at this step of the run that is replayed."""
        return bool(self.inputs) and self.inputs[0].step <= step

    def cost(self, board: str, number: int, measured: Callable[[], int]) -> int:
        """Nanoseconds that a piece of work took: as measured, or as it was in the run that is replayed."""
        value = self._costs.get((board, number))
        if value is None:
            value = measured()
        self._write("cost", board, number, value)
        return value

    # --- what happened ---

    def happened(self, now: int, kind: str, name: str, data: Any) -> None:
        """Into the digest."""
        self._digest.update(f"{now} {kind} {name} {data}\n".encode())

    def transfer(self, now: int, board: str, transfer: Transfer) -> None:
        """Into the digest."""
        self._digest.update(f"{now} {board} {transfer.address} {transfer.code}".encode())
        self._digest.update(transfer.sent)
        self._digest.update(transfer.got)

    def digest(self) -> str:
        """16 hex digits."""
        return self._digest.hexdigest()[:16]

    def close(self, step: int, now: int) -> None:
        """Write how the run ended."""
        self._write("end", step, now, self.digest())
        if self._file is not None:
            self._file.close()
            self._file = None
