"""An account and its timeline as a trace in Chrome's format, which Perfetto and `chrome://tracing` show; and back.

The format is the "JSON Object Format" of Chrome's Trace Event Format: `traceEvents`, each with a phase ("X" a complete event, "M"
metadata), times in microseconds. A board is a thread; a lump is an event on it, in which its link and computing lie. When on the
board they were is not known, only how long they took: they are drawn at the end of their lump, as late as they can have been.
What a viewer does not need stands under `otherData`, which it shows as text: the account, the spec, and the form's number.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from shoal.errors import UsageError
from shoal.model import Account
from shoal.timeline import Span

FORM = 1  # of what we put into a trace: one with another number is refused
_LUMP = "lump"
_TIMES = ("sent", "begun", "ended", "compute_s", "link_s")
_COUNTS = (("calls", 1 << 53), ("lumps", 1 << 53))
MOST_S = 1e9  # seconds of a run that can be


class Saved(NamedTuple):
    """What a trace holds."""

    spec: str
    account: Account
    spans: tuple[Span, ...]


def trace(account: Account, timeline: Iterable[Span], spec: str) -> dict[str, Any]:
    """The trace, as values for `json.dump`."""
    events = [_told("process_name", 0, name=f"shoal {spec}")]
    for place, board in enumerate(account.boards):
        events += _told("thread_name", place + 1, name=board.name), _told("thread_sort_index", place + 1, sort_index=place)
    for span in timeline:
        events += _events(span)
    for event in events:
        event["pid"] = len(account.boards) + 1  # no thread's number: viewers call that one the main thread
    shoal = {"form": FORM, "spec": spec, "account": account.to_dict()}
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"shoal": json.dumps(shoal)}}


def read(text: str, name: str) -> Saved:
    """What `trace` put into this text. Raises UsageError, in which `name` stands for the file."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON ({error}); give a trace that `shoal run --trace FILE` wrote") from None
    other = told.get("otherData") if isinstance(told, dict) else None
    if not isinstance(other, dict) or "shoal" not in other:
        raise UsageError(f"{name} is no trace of Shoal's: it holds no account; give one that `shoal run --trace FILE` wrote")
    try:
        shoal = json.loads(other["shoal"])
        form = int(shoal["form"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError(f"{name}: what Shoal wrote into this trace was changed; write it again") from None
    if form != FORM:
        age = "an older" if form < FORM else "a newer"
        raise UsageError(f"{name} was written by {age} release of Shoal (form {form}, this one reads {FORM}); write it again")
    try:
        account = Account.from_dict(shoal["account"])
        return Saved(str(shoal["spec"]), account, tuple(_spans(told["traceEvents"], len(account.boards))))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise UsageError(f"{name}: what Shoal wrote into this trace is damaged ({said}); write it again") from None


def _events(span: Span) -> Iterator[dict[str, Any]]:
    """A lump, and in it what is known of its inside."""
    args = {name: value for name, value in span._asdict().items() if name != "function"}
    yield _complete(span.board, span.function or "(withdrawn)", _LUMP, span.begun, span.ended, args)
    computed = max(span.begun, span.ended - span.compute_s)
    linked = max(span.begun, computed - span.link_s)
    if span.link_s > 0:
        yield _complete(span.board, "link", "link", linked, computed, {"seconds": span.link_s})
    if span.compute_s > 0:
        yield _complete(span.board, "compute", "compute", computed, span.ended, {"seconds": span.compute_s, "calls": span.calls})


def _complete(board: int, name: str, category: str, begun: float, ended: float, args: dict[str, Any]) -> dict[str, Any]:
    start = round(begun * 1e6, 3)
    times = {"ts": start, "dur": round(max(0.0, ended * 1e6 - start), 3)}
    return {"ph": "X", "name": name, "cat": category, "tid": board + 1, **times, "args": args}


def _told(what: str, thread: int, **args: Any) -> dict[str, Any]:
    return {"ph": "M", "name": what, "tid": thread, "args": args}


def _spans(events: Iterable[dict[str, Any]], boards: int) -> Iterator[Span]:
    for event in events:
        if event.get("cat") == _LUMP:
            args = event["args"]
            sent, begun, ended, compute, link = [_number(args[name], MOST_S) for name in _TIMES]
            board, calls, lumps = [int(_number(args[name], most)) for name, most in (("board", boards - 1), *_COUNTS)]
            yield Span(board, str(event["name"]), sent, begun, ended, compute, link, calls, lumps)


def _number(value: Any, most: float) -> float:
    if type(value) not in (int, float) or not 0 <= value <= most:
        raise ValueError(f"{value!r:.40} is not a number from 0 to {most:g}")
    return float(value)
