"""The pure scheduler: `Scheduler.handle(event)` gives commands. See `core` for what it promises."""

from shoal.scheduler.core import Scheduler

__all__ = ["Scheduler"]
