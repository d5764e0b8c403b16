"""What `map` returns: iterators over the answers of one job, as they come or in order."""

import queue
from collections.abc import Callable, Iterator
from typing import Any

from shoal import clock


def in_order(answers: Any, count: int, end: float | None, cancel: Callable[[], None]) -> Iterator[Any]:
    """Results in the order of the calls. Closing the iterator early, or an exception in it, cancels the rest."""
    at = 0
    early: dict[int, list[Any] | BaseException] = {}
    try:
        while at < count:
            while at not in early:
                start, answer = _next(answers, end)
                early[start] = answer
            answer = early.pop(at)
            if isinstance(answer, BaseException):
                raise answer
            at += len(answer)
            yield from answer
    finally:
        if at < count:
            cancel()


def unordered(answers: Any, count: int, end: float | None, cancel: Callable[[], None]) -> Iterator[Any]:
    """Results as they come."""
    given = 0
    try:
        while given < count:
            _, answer = _next(answers, end)
            if isinstance(answer, BaseException):
                raise answer
            given += len(answer)
            yield from answer
    finally:
        if given < count:
            cancel()


def _next(answers: Any, end: float | None) -> tuple[int, list[Any] | BaseException]:
    if end is None:
        return answers.get()  # type: ignore[no-any-return]
    try:
        return answers.get(timeout=max(0.0, end - clock.now()))  # type: ignore[no-any-return]
    except queue.Empty:
        raise TimeoutError("map: the results did not come within its timeout") from None
