"""Replays a recorded event log (`Cluster(record=...)`): the same events must give the same commands."""

import json
from collections.abc import Iterable, Iterator

from shoal.scheduler.core import Scheduler
from shoal.scheduler.messages import EVENTS, Command, Event


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a log: one JSON list a line, [name, fields...]. Raises ValueError for a line that is none."""
    for number, line in enumerate(lines, 1):
        try:
            name, *fields = json.loads(line)
            event: Event = EVENTS[name](*[tuple(field) if isinstance(field, list) else field for field in fields])
            yield event
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} of the event log is no event: {error}") from error


def replay(lines: Iterable[str]) -> Iterator[tuple[Event, list[Command]]]:
    """Each event of a log with the commands that the scheduler gives for it."""
    scheduler = Scheduler()
    for event in events(lines):
        yield event, scheduler.handle(event)
