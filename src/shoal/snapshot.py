"""What a running cluster shows of itself: frozen values that travel as JSON to whoever looks, such as `shoal top`.

Nothing in it is secret: names, counts, sizes and times, and the names of functions; no argument, no result, no key.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

FORM = 1  # of the JSON: a reader that does not know it leaves it alone
STATES = ("starting", "idle", "busy", "down", "aside", "gone")


@dataclass(frozen=True)
class BoardNow:
    """One board at one moment.

    `state`: one of STATES: "down" comes back, "aside" has flapped and waits, "gone" does not come back; `function`: what it
    runs, or ""; `lumps`: sent to it and not answered; `heap_*`: bytes, 0: not known; `temperature`: degrees C or None;
    `bytes_*`: since the cluster began; `busy_s`: computing, and handling its link; `damaged`: frames that came with errors;
    `agent`: release of its agent; `reset_cause`: what `machine.reset_cause()` said when it started, 0: not known.
    """

    name: str
    state: str
    kind: str = ""
    unique_id: str = ""
    platform: str = ""
    agent: str = ""
    link: str = ""
    function: str = ""
    lumps: int = 0
    calls: int = 0
    heap_free: int = 0
    heap_total: int = 0
    temperature: float | None = None
    bytes_out: int = 0
    bytes_in: int = 0
    busy_s: float = 0.0
    resets: int = 0
    reset_cause: int = 0
    damaged: int = 0
    last_error: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A cluster at one moment. `at`, seconds of a clock that only goes forward: for differences; `wall_s`: with calls open."""

    spec: str
    program: str
    pid: int
    at: float
    wall_s: float
    asked: int
    done: int
    boards: tuple[BoardNow, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {"form": FORM, **asdict(self)}


def from_dict(values: Mapping[str, Any]) -> Snapshot:
    """The snapshot that `to_dict` made. Raises ValueError for anything else; what a newer Shoal added is left out."""
    try:
        if values["form"] != FORM:
            raise ValueError(f"a snapshot of form {values['form']}, and this Shoal knows form {FORM}")
        boards = tuple(BoardNow(**_known(BoardNow, board)) for board in values["boards"])
        return Snapshot(**{**_known(Snapshot, values), "boards": boards})
    except (KeyError, TypeError) as error:
        raise ValueError(f"no snapshot: {error}") from None


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
