"""The scheduler: events in, commands out. No clock, no threads, no I/O, no sets: the same events give the same commands.

It promises that every call of a job is delivered or failed exactly once, whatever boards do, and that while there is work
every board has some. How: a lump is sent as soon as a board has fewer than two, so the next one is there when the first is
done; what a lost board held goes elsewhere; when nothing waits, boards without work repeat what others are slow with, and
the first answer counts.
"""

from operator import attrgetter

from shoal.scheduler import sizing
from shoal.scheduler.messages import (
    BoardDown,
    BoardStarting,
    BoardUp,
    Broken,
    Command,
    Deliver,
    Event,
    Fail,
    Finished,
    Interrupt,
    JobAdded,
    JobCancelled,
    LumpDone,
    LumpExpired,
    LumpRefused,
    Restart,
    Send,
    SetAside,
    Tick,
    WireShared,
    Withdraw,
)
from shoal.scheduler.repeat import repetitions
from shoal.scheduler.state import Board, Job, Lump, Status

DEPTH = 2  # lumps on a board: one running, one waiting
DEATHS = 3  # boards that may end while running the same call alone before it is failed
FALLS = 5  # resets in a row, without anything finished, after which a board is set aside
GRACE = 0.5  # seconds more for the first lump of a function: its code has to get there
REPEAT_EVERY = 0.0005  # seconds per board between looks for what to repeat: with many boards a look takes longer
_HOPE = (Status.UP, Status.RESTARTING)
_place = attrgetter("place")


class Scheduler:
    """`handle(event)` returns the commands to carry out, in order."""

    def __init__(self) -> None:
        self.boards: dict[int, Board] = {}
        self._up: list[Board] = []
        self._room: dict[int, Board] = {}  # of those, the boards that may be given a lump
        self._speeds: dict[str, list[float]] = {}  # function -> calls a second of each that is up, 0 if not known,
        self._strangers: dict[str, int] = {}  # and of how many it is not known
        self.jobs: dict[int, Job] = {}
        self._waiting: dict[int, Job] = {}  # of those, the jobs with calls to send
        self._lumps: dict[int, Lump] = {}
        self._result_bytes: dict[str, float] = {}  # function -> bytes of one result, smoothed
        self._byte = 0.0  # seconds for which a byte keeps busy the wire that all boards share
        self._beside = sizing.HOST_SECONDS  # seconds that a lump should be long, for each board that is up
        self._next_lump = 0
        self._now = 0.0
        self._looked = 0.0  # when it last looked for calls to repeat
        self._out: list[Command] = []
        self._handlers = {
            WireShared: self._wire_shared,
            BoardStarting: self._board_starting,
            BoardUp: self._board_up,
            BoardDown: self._board_down,
            JobAdded: self._job_added,
            JobCancelled: self._job_cancelled,
            LumpDone: self._lump_done,
            LumpExpired: self._lump_expired,
            LumpRefused: self._lump_refused,
            Tick: lambda event: None,
        }

    def handle(self, event: Event) -> list[Command]:
        self._now = event.at
        self._out = []
        self._handlers[type(event)](event)  # type: ignore[operator]
        if self._waiting:
            self._fill()
        if self._lumps and not self._waiting and self._now - self._looked > REPEAT_EVERY * len(self._up):
            self._repeat()
        return self._out

    def deadline(self, board: int) -> tuple[int, float] | None:
        """The lump a board is running and when it will have taken too long, as far as one can tell; None if it may run on."""
        known = self.boards.get(board)
        if not known or not known.lumps:
            return None
        lump = known.lumps[0]
        added = lump.job.added
        if added.timeout is None:
            return None
        calls = lump.count if added.chunk else 1  # other lumps are made short enough
        grace = GRACE if lump.first else 0.0
        return lump.id, known.begun + calls * added.timeout + grace

    def set_aside(self, board: int) -> bool:
        """Whether a board is not to be started again."""
        return self.boards[board].status is Status.ASIDE

    def gone(self, board: int) -> bool:
        """Whether nobody waits for a board any more."""
        return self.boards[board].status is Status.GONE

    def job_of(self, lump: int) -> int | None:
        """The job of a lump that is on a board."""
        known = self._lumps.get(lump)
        return known.job.id if known else None

    def idle(self) -> bool:
        """Whether nothing is in flight: then time changes nothing."""
        return not self._lumps

    # --- boards ---

    def _wire_shared(self, event: WireShared) -> None:
        self._byte = event.byte
        self._beside = sizing.WIRE_SECONDS

    def _board_starting(self, event: BoardStarting) -> None:
        self._become(self.boards.setdefault(event.board, Board(event.board)), Status.RESTARTING)

    def _become(self, board: Board, status: Status) -> None:
        board.status = status
        self._up = [board for board in self.boards.values() if board.status is Status.UP]
        self._room = {board.id: board for board in self._up if len(board.lumps) < DEPTH}
        self._speeds = {}
        for place, other in enumerate(self._up):
            other.place = place

    def _board_up(self, event: BoardUp) -> None:
        board = self.boards.setdefault(event.board, Board(event.board))
        board.heap = event.heap
        board.tags = event.tags
        board.taught = {}
        self._become(board, Status.UP)

    def _board_down(self, event: BoardDown) -> None:
        board = self.boards.setdefault(event.board, Board(event.board))
        running = board.lumps[0] if board.lumps else None
        self._give_back(board, suspect=running if event.blame else None)
        self._become(board, Status.RESTARTING if event.returns else Status.GONE)
        board.falls += event.blame
        if event.returns and board.falls >= FALLS:
            self._become(board, Status.ASIDE)
            self._out.append(SetAside(board.id))
        self._check_left()

    def _give_back(self, board: Board, suspect: Lump | None) -> None:
        """Return what a board held to the queues; a suspect lump's calls travel alone from now on."""
        lumps, board.lumps = board.lumps, []
        for lump in reversed(lumps):
            del self._lumps[lump.id]
            job = lump.job
            job.returned(lump.start, lump.stop)
            if lump is suspect and lump.count == 1 and job.is_open(lump.start):
                job.deaths[lump.start] = job.deaths.get(lump.start, 0) + 1
                if job.deaths[lump.start] >= DEATHS:
                    self._fail(job, lump.start, "died")
            if lump is suspect and job.repeated:
                self._suspect_too(lump)
            self._again(job, lump.start, lump.stop, alone=lump is suspect)

    def _suspect_too(self, lump: Lump) -> None:
        """Other boards have some of these calls: what they hold is not repeated once more."""
        for other in self._lumps.values():
            if other.job is lump.job and other.start < lump.stop and lump.start < other.stop:
                other.suspect = True

    def _again(self, job: Job, start: int, stop: int, *, alone: bool) -> None:
        """Queue what is open of a range once more, unless nobody waits for the job."""
        if job.id in self.jobs:
            job.again(start, stop, alone=alone)
            if job.waiting:
                self._waiting[job.id] = job

    def _check_left(self) -> None:
        """Fail what no board is left for."""
        left = [board for board in self.boards.values() if board.status in _HOPE]
        if not left:
            self._out.append(Broken())
        for job in list(self.jobs.values()):
            if not any(self._suits(job, board) for board in left):
                for start, stop in list(job.open_runs(0, job.added.count)):
                    for index in range(start, stop):
                        self._fail(job, index, "lost")

    # --- jobs ---

    def _job_added(self, event: JobAdded) -> None:
        job = Job(event)
        self.jobs[job.id] = self._waiting[job.id] = job
        if not event.count:
            self._finish(job)
        elif event.only is not None or event.needs or not any(b.status in _HOPE for b in self.boards.values()):
            self._check_left()

    def _job_cancelled(self, event: JobCancelled) -> None:
        job = self.jobs.pop(event.job, None)
        if job is None:
            return
        self._waiting.pop(job.id, None)
        job.abandon()
        for board in self.boards.values():
            for lump in list(board.lumps):
                if lump.job is job:
                    self._stop(lump)

    def _stop(self, lump: Lump) -> None:
        """Nobody waits for this lump: take it back if it has not begun, as far as one can tell; else have it stopped."""
        if lump is not lump.board.lumps[0]:
            self._withdraw(lump)
        elif not lump.interrupted:
            lump.interrupted = True
            self._out.append(Interrupt(lump.board.id, lump.id))

    def _withdraw(self, lump: Lump) -> None:
        self._forget(lump)
        self._out.append(Withdraw(lump.board.id, lump.id))

    def _forget(self, lump: Lump) -> None:
        del self._lumps[lump.id]
        lump.board.lumps.remove(lump)
        if lump.board.status is Status.UP:
            self._room[lump.board.id] = lump.board
        lump.job.returned(lump.start, lump.stop)

    def _close(self, job: Job, start: int, stop: int) -> None:
        job.close(start, stop)
        if not job.left:
            self._finish(job)

    def _finish(self, job: Job) -> None:
        self.jobs.pop(job.id, None)
        self._waiting.pop(job.id, None)
        self._out.append(Finished(job.id))

    def _fail(self, job: Job, index: int, why: str, offset: int = 0) -> None:
        self._out.append(Fail(job.id, index, why, offset))
        self._close(job, index, index + 1)

    # --- lumps ---

    def _lump_done(self, event: LumpDone) -> None:
        lump = self._lumps.get(event.lump)
        if lump is None:
            return  # withdrawn, or its board was given up
        board, job = lump.board, lump.job
        self._measure(board, lump, event)
        self._forget(lump)
        board.begun = self._now
        at = lump.start
        if lump.count > 1 and (event.starved or event.late):  # alone, they may have enough
            self._deliver(job, lump.start, at, at + event.failed[0])
            self._again(job, at + event.failed[0], lump.stop, alone=True)
            return
        for place in event.failed:
            self._deliver(job, lump.start, at, lump.start + place)
            if job.is_open(lump.start + place):
                self._raised(job, lump.start + place, place, event.starved)
            at = lump.start + place + 1
        self._deliver(job, lump.start, at, lump.start + event.answered)
        if event.answered < lump.count:
            self._again(job, lump.start + event.answered, lump.stop, alone=False)
        if job.repeated:
            self._withdraw_answered(job)

    def _withdraw_answered(self, job: Job) -> None:
        """Lumps whose calls others have answered."""
        for board in self._up:
            for lump in list(board.lumps):
                if lump.job is job and not any(job.open_runs(lump.start, lump.stop)):
                    self._stop(lump)

    def _deliver(self, job: Job, base: int, start: int, stop: int) -> None:
        for first, last in list(job.open_runs(start, stop)):
            self._out.append(Deliver(job.id, first, last - first, first - base))
            self._close(job, first, last)

    def _raised(self, job: Job, index: int, offset: int, starved: bool) -> None:
        if starved and index not in job.starved:  # a heap in pieces: what its board has let go of meanwhile may make room
            job.starved[index] = True
            self._again(job, index, index + 1, alone=True)
        elif not self._try_again(job, index):
            self._fail(job, index, "raised", offset)

    def _try_again(self, job: Job, index: int) -> bool:
        """Whether the call may fail once more; then it is queued again."""
        tries = job.tries.get(index, 0)
        if tries >= job.added.retries:
            return False
        job.tries[index] = tries + 1
        self._again(job, index, index + 1, alone=True)
        return True

    def _lump_expired(self, event: LumpExpired) -> None:
        lump = self._lumps.get(event.lump)
        if lump is None:
            return
        board = lump.board
        if lump.count == 1 and lump.job.is_open(lump.start):
            self._forget(lump)
            if not self._try_again(lump.job, lump.start):
                self._fail(lump.job, lump.start, "expired")
            self._give_back(board, suspect=None)
        else:
            self._give_back(board, suspect=lump)
        self._become(board, Status.RESTARTING)
        self._out.append(Restart(board.id))

    def _lump_refused(self, event: LumpRefused) -> None:
        lump = self._lumps.get(event.lump)
        if lump is not None:
            self._forget(lump)
            self._job_cancelled(JobCancelled(event.at, lump.job.id))

    def _measure(self, board: Board, lump: Lump, event: LumpDone) -> None:
        function = lump.job.added.function
        board.falls = 0
        if event.heap:
            board.heap = event.heap
        if event.answered and not lump.interrupted:
            known = board.per_call.get(function)
            # All boards compute at once, but their answers go one after the other over a wire that they share.
            travel = event.result_bytes * self._byte * len(self._up)
            per_call = board.per_call[function] = sizing.smooth(known, max(event.compute, travel) / event.answered)
            if function in self._speeds:
                self._speeds[function][board.place] = sizing.speed(per_call)
                self._strangers[function] -= known is None
            board.per_lump = sizing.smooth(board.per_lump or None, event.agent)
            size = self._result_bytes.get(function)
            self._result_bytes[function] = sizing.smooth(
                size, max(0, event.result_bytes - sizing.RESULT_HEAD) / event.answered
            )

    # --- giving out work ---

    def _suits(self, job: Job, board: Board) -> bool:
        added = job.added
        return (added.only is None or added.only == board.id) and all(tag in board.tags for tag in added.needs)

    def _fill(self) -> None:
        """Give every board work: first to those that have none, then a second lump in advance."""
        for depth in range(DEPTH):
            for board in sorted([board for board in self._room.values() if len(board.lumps) == depth], key=_place):
                self._give(board)
                if not self._waiting:
                    return

    def _give(self, board: Board) -> None:
        for job in self._waiting.values():
            if self._suits(job, board):
                break
        else:
            return
        function = job.added.function
        per_call = sizing.seconds_per_call(board, function, self._up)
        if board.lumps and per_call is None and not job.added.chunk:
            return  # one call is on its way to be measured; a second would only delay what it decides
        speeds = self._speeds_of(function, per_call)
        size = sizing.lump_size(job, board, speeds, per_call, self._result_bytes.get(function, 0.0), self._beside)
        start, count, alone = job.take(size)
        if not job.waiting:
            del self._waiting[job.id]
        self._send(board, job, start, count, per_call).suspect = alone

    def _speeds_of(self, function: str, per_call: float | None) -> list[float]:
        """Calls a second of each board that is up; `per_call`: seconds, for those of which it is not known."""
        speeds = self._speeds.get(function)
        if speeds is None:
            known = [board.per_call.get(function) for board in self._up]
            speeds = self._speeds[function] = [0.0 if each is None else sizing.speed(each) for each in known]
            self._strangers[function] = known.count(None)
        if self._strangers[function]:
            other = sizing.speed(per_call or 0.0)
            speeds = [speed or other for speed in speeds]
        return speeds

    def _send(self, board: Board, job: Job, start: int, count: int, per_call: float | None) -> Lump:
        function = job.added.function
        lump = Lump(self._next_lump, job, start, count, board, self._now, per_call, function not in board.taught)
        board.taught[function] = True
        self._next_lump = (self._next_lump + 1) & 0xFFFFFFFF
        self._lumps[lump.id] = lump
        if not board.lumps:
            board.begun = self._now
        board.lumps.append(lump)
        if len(board.lumps) >= DEPTH:
            self._room.pop(board.id, None)
        job.sent(start, start + count)
        self._out.append(Send(board.id, lump.id, job.id, start, count))
        return lump

    def _repeat(self) -> None:
        """Nothing waits: boards without work repeat what others are slow with."""
        self._looked = self._now
        for board, job, start, count, per_call, _ in repetitions(list(self._lumps.values()), self._up, self._now):
            job.repeated = True
            self._send(board, job, start, count, per_call)
