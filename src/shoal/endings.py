"""Why calls failed for good, and how boards ended, in words that say what to do."""

from shoal import defaults, failures
from shoal.errors import BrokenBoardError, BrokenClusterError, ShoalError, TaskTimeoutError
from shoal.fleet import Slot
from shoal.protocol import TIMED_OUT, Result
from shoal.scheduler.messages import Fail
from shoal.work import Work


class Endings:
    """How each board ended last, by its index in `slots`."""

    def __init__(self, slots: list[Slot]) -> None:
        self._slots = slots
        self._reasons: dict[int, str] = {}

    def note(self, board: int, reason: str) -> None:
        if reason:  # else it is a place that waits for a board
            self._reasons[board] = reason

    def told(self) -> str:
        """How boards ended, in one line: equal endings together."""
        groups: dict[str, list[str]] = {}
        for board, reason in self._reasons.items():
            groups.setdefault(reason, []).append(self._slots[board].name)
        told = [f"{', '.join(names)}: {reason}" for reason, names in groups.items()]
        more = f"; and {len(told) - defaults.FAILURES_TOLD} more" if len(told) > defaults.FAILURES_TOLD else ""
        return "; ".join(told[: defaults.FAILURES_TOLD]) + more

    def broken(self, spec: str) -> BrokenClusterError:
        """No board is left."""
        return BrokenClusterError(f"every board of {spec} has ended: {self.told()}")

    def error(self, work: Work, failed: Fail, answer: tuple[int, Result] | None) -> BaseException:
        """The exception of a call that has failed; `answer`: the board and result that the failure is from, if it raised."""
        function = work.title
        if failed.why == "raised":
            assert answer is not None
            board, result = answer
            failure = next(failure for failure in result.failures if failure.index == failed.offset)
            name = self._slots[board].name
            if failure.type == TIMED_OUT:
                return TaskTimeoutError(
                    f"{function}() took longer than its timeout of {work.options.timeout} s; {name} stopped it. "
                    "Give the task a longer timeout, or less to do"
                )
            return failures.to_exception(failure, name, function, work.names, work.modules)
        if failed.why == "expired":
            return TaskTimeoutError(
                f"{function}() took longer than its timeout of {work.options.timeout} s; its board was restarted. "
                "Give the task a longer timeout, or less to do"
            )
        if failed.why == "died":
            return BrokenBoardError(
                f"{function}() ended every board that ran it, {self.told()}. "
                "It probably resets the board, or needs more memory or stack than the board has"
            )
        return BrokenClusterError(f"no board is left to run {function}(): {self.told()}")


def breaking(spec: str, error: BaseException) -> BrokenClusterError:
    """What open and later calls are told when something unforeseen, the cause of this error, has ended the cluster."""
    if isinstance(error, ShoalError):
        broken = BrokenClusterError(f"the cluster {spec} is broken: {error}")
    else:
        broken = BrokenClusterError(f"a bug in Shoal broke the cluster: {type(error).__name__}: {error}")
    broken.__cause__ = error
    return broken
