"""The engine room: one thread owns the boards, the links, the peers and the scheduler. Nobody else touches them.

    user threads --post()--> inbox --+                                   +--> switchboard --> links --> boards
                                     +--> owner thread --> scheduler ----+
    links, fleet --select()----------+         |                         +--> sinks (futures, queues)

Whatever is posted, read or timed out becomes an event for the scheduler; its commands are carried out at once. An exception
that nobody expected breaks the cluster: every open job fails with it as the cause, and the thread ends.
"""

import contextlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TextIO

from shoal import answers, beacon, clock, defaults, endings
from shoal.connection import Connection
from shoal.endings import Endings
from shoal.errors import BrokenClusterError, ShoalError, UsageError
from shoal.fallbacks import Fallbacks
from shoal.fleet import Ended, Fleet, Opened, Said
from shoal.inbox import Inbox, Item
from shoal.ledger import Ledger
from shoal.links import Link
from shoal.measuring import Measuring
from shoal.packed import Habits
from shoal.protocol import Encoded, Hello, Printed, Reference, Result
from shoal.scheduler import Scheduler
from shoal.scheduler import messages as m
from shoal.snapshot import Snapshot
from shoal.source import Shipment
from shoal.switchboard import Switchboard
from shoal.tap import Taps
from shoal.work import Calls, Futures, Work


class Driver:
    """Owns a fleet of boards. `post_*` may be called from any thread."""

    def __init__(self, fleet: Fleet, on_print: Callable[[str, str], None], record: TextIO | None) -> None:
        """`on_print(board, text)` gets what tasks print; `record` gets every event, one JSON line each, for replay."""
        self.fleet = fleet
        self.ledger = Ledger([slot.name for slot in fleet.slots], fleet.now)
        self.habits = Habits(fleet.byte_us, len(fleet.slots))
        self.broken: BaseException | None = None
        self.asked = 0  # calls
        self.done = 0  # calls answered, failed or cancelled
        self.finished = threading.Event()
        self._on_print = on_print
        self._record = record
        self._fallbacks = Fallbacks(self.ledger.note)
        self._scheduler = Scheduler()
        self._switchboard = Switchboard(fleet, self._heard)
        self.all_up = self._switchboard.greetings.all_up
        self.measuring = Measuring(self.ledger, fleet, self._up, self._take_work, self._cancel)
        self.taps = Taps(self.measuring.alone)
        self._works: dict[int, Work] = {}
        self._timed = 0  # open jobs with a timeout
        self._endings = Endings(fleet.slots)
        self._expected: dict[int, bool] = {}  # boards that the scheduler asked to restart
        self._answer: tuple[int, Result] | None = None
        self._carry_out = {
            m.Send: self._send,
            m.Deliver: self._deliver,
            m.Finished: lambda command: self._finished(command.job),
            m.Fail: self._fail,
            m.Withdraw: self._withdraw,
            m.Interrupt: self._interrupt,
            m.Restart: self._restart,
            m.SetAside: lambda command: None,  # `_ended` asks
            m.Broken: lambda command: self._broken(),
        }
        self._stopping = False
        self._inbox = Inbox()
        self._switchboard.also(self._inbox.fileno(), self._inbox.woken)
        self._switchboard.also(fleet.fileno(), self._fleet_ready)
        self._beacon = beacon.start()
        if self._beacon:
            self._switchboard.also(self._beacon.fileno(), lambda mask: self._shine())
        self._thread = threading.Thread(target=self._run, name="shoal", daemon=True)
        self._thread.start()

    # --- from any thread ---

    def post_call(self, shipment: Shipment, names: dict[str, Any], call: Encoded, numpy: bool, future: Future[Any]) -> None:
        self._post((self._take_calls, shipment, names, call, numpy, future))

    def post_work(self, work: Work) -> None:
        self._post((self._take_work, work))

    def post_cancel(self, work: Work) -> None:
        self._post((self._cancel, work))

    def post_put(self, reference: Reference) -> None:
        self._post((self._put, reference))

    def post_let_go(self, reference_id: int) -> None:
        self._post((self._let_go, reference_id))

    def measure(self) -> None:
        """Find out how long one board alone takes for all calls, by running some once more. Waits. Raises UsageError."""
        if not self.ledger.measured:
            told: Future[None] = Future()
            self._post((self._measure, told))
            told.result()

    def post_stop(self, cancel: bool = False, abort: bool = False) -> None:
        """End when all jobs are finished; `cancel`: what has not begun is cancelled; `abort`: what runs is given up too."""
        self._post((self._stop, cancel, abort))

    def join(self) -> None:
        """Wait until no board is left. (After an interrupted Thread.join the next one returns at once; an event waits.)"""
        if not self.is_owner():
            self.finished.wait()

    def snapshot(self) -> Snapshot:
        """The cluster at this moment; while it runs, what belongs together may be a lump apart."""
        return self.ledger.snapshot(self.fleet.spec.text, self.asked, self.done, self.fleet.heap)

    def is_owner(self) -> bool:
        """Whether the calling thread is the owner, which must never wait for a result."""
        return threading.current_thread() is self._thread

    def _post(self, item: Item) -> None:
        self._inbox.post(item)
        if self.finished.is_set():
            self._fail_posted()

    # --- the owner thread ---

    def _run(self) -> None:
        try:
            if self.fleet.byte_us:
                self._tell(m.WireShared(self.fleet.now(), self.fleet.byte_us / 1e6))
            for index in range(len(self.fleet.slots)):
                self._open(index)
            while not (self._stopping and not self._works and not self._inbox.items and self.measuring.over()):
                self._turn()
        except BaseException as error:
            self._break(error)
        finally:
            self._close()

    def _close(self) -> None:
        self.ledger.settle(self.fleet.now())
        for index in list(self._switchboard.connections):
            self._shut(index)
        self.fleet.close()
        self._switchboard.close()
        if self._beacon:
            self._beacon.close()
        self._inbox.close()
        if self._record:
            self._record.close()
        self.all_up.set()
        self.finished.set()
        self._fail_posted()

    def _turn(self) -> None:
        inbox = self._inbox
        inbox.asleep = True
        self._switchboard.wait(0 if inbox.items else self._patience())
        inbox.asleep = False
        while inbox.items:
            item = inbox.items.popleft()
            item[0](*item[1:])
        self._check_time()
        self._switchboard.flush()

    def _patience(self) -> float | None:
        """Seconds to sleep at most."""
        waits = self._switchboard.patience()
        if not self._scheduler.idle():
            waits.append(defaults.TICK_S)
        return min(waits, default=None)

    def _check_time(self) -> None:
        self._switchboard.check_time(clock.now())
        now = self.fleet.now()
        if self._timed:
            self._check_timeouts(now)
        if not self._scheduler.idle() and now - self.ledger.heard > defaults.TICK_S:
            self._tell(m.Tick(now))

    def _check_timeouts(self, now: float) -> None:
        for index in self._switchboard.connections:
            due = self._scheduler.deadline(index)
            if due and now > due[1] + self._switchboard.connections[index].grace:
                self._tell(m.LumpExpired(now, due[0]))

    # --- what users post ---

    def _take_calls(self, shipment: Shipment, names: dict[str, Any], call: Encoded, numpy: bool, future: Future[Any]) -> None:
        """Calls of the same function that were posted together become one job."""
        calls = [call]
        futures = [future]
        inbox = self._inbox.items
        while inbox:
            item = inbox[0]
            if item[0] != self._take_calls or item[1].key != shipment.key or item[1].options != shipment.options:
                break
            inbox.popleft()
            calls.append(item[3])
            numpy = numpy or item[4]
            futures.append(item[5])
        self._take_work(Work(shipment, names, Calls(calls), Futures(futures), numpy=numpy))

    def _take_work(self, work: Work) -> None:
        if self.broken:
            work.fail(self.broken)
            return
        if self.measuring.puts_off(work):
            return
        self._works[work.id] = work
        self.asked += len(work.calls)
        now = self.fleet.now()
        self.taps.added(now, work)
        self.ledger.begin(now)
        self._timed += work.options.timeout is not None
        self._tell(work.added(now, defaults.BOARD_FRAME))

    def _cancel(self, work: Work) -> None:
        if work.id in self._works:
            self._drop(work)
            self._tell(m.JobCancelled(self.fleet.now(), work.id))
        else:
            self.measuring.cancelled(work)

    def _measure(self, told: Future[None]) -> None:
        self.measuring.begin(told, busy=bool(self._works))

    def _drop(self, work: Work) -> None:
        """Nobody waits for what is left of it."""
        self.done += self._scheduler.jobs[work.id].left
        self._finished(work.id)

    def _put(self, reference: Reference) -> None:
        for _, connection in self._switchboard.ready():
            connection.keep(reference)

    def _let_go(self, reference_id: int) -> None:
        for _, connection in self._switchboard.ready():
            connection.let_go(reference_id)

    def _stop(self, cancel: bool, abort: bool) -> None:
        self._stopping = True
        if cancel or abort:
            self.measuring.stop()
        for work in list(self._works.values()) if cancel or abort else ():
            if work.sink.cancel() or abort:
                self._cancel(work)
                if abort:
                    work.fail(CancelledError())

    # --- boards ---

    def _open(self, index: int) -> None:
        """Start a board, or start it again."""
        self._tell(m.BoardStarting(self.fleet.now(), index))
        link = self.fleet.open(index)
        if link:
            self._opened(index, link)

    def _opened(self, index: int, link: Link) -> None:
        """There is a link to a board: greet it."""
        if self._scheduler.set_aside(index):
            link.close()
            return
        self._shut(index)
        if self._scheduler.gone(index):  # nobody waited for it any more, and here it is
            self._tell(m.BoardStarting(self.fleet.now(), index))
        self._switchboard.connect(index, link)

    def _up(self) -> list[int]:
        """The boards that have answered, by their index."""
        return [index for index, _ in self._switchboard.ready()]

    def _shut(self, index: int) -> None:
        connection = self._switchboard.shut(index)
        if connection:
            self.ledger.closed(index, connection)

    def _fleet_ready(self, mask: int) -> None:
        for event in self.fleet.poll():
            if isinstance(event, Said):
                self._print(event.slot, event.text)
            elif isinstance(event, Opened):
                self._opened(event.slot, event.link)
            else:
                self._ended(event)

    def _ended(self, event: Ended) -> None:
        """A board has ended."""
        self.measuring.ended(event.slot)
        self._switchboard.listen(event.slot)  # its last answers may still be on the link
        self._shut(event.slot)
        self._endings.note(event.slot, event.reason)
        due = self._scheduler.deadline(event.slot)
        if event.returns and due and self.fleet.now() > due[1]:  # it reset itself, because it could not stop a task in time
            self._tell(m.LumpExpired(self.fleet.now(), due[0]))
        if not self._expected.pop(event.slot, False):
            self._tell(m.BoardDown(self.fleet.now(), event.slot, event.returns, blame=event.returns and event.fault))
        aside = self._scheduler.set_aside(event.slot)
        self.ledger.down(event.slot, event.reason, "aside" if aside else "down" if event.returns else "gone")
        if event.returns and not aside:
            self._open(event.slot)
        else:
            self._switchboard.greetings.settled(event.slot)

    def _shine(self) -> None:
        if self._beacon:
            self._beacon.answer(self.snapshot().to_dict())

    def _heard(self, index: int, connection: Connection, message: Hello | Result | Printed) -> None:
        if isinstance(message, Result):
            self._result(index, connection, message)
        elif isinstance(message, Printed):
            self._print(index, message.text)
        else:
            self._hello(index, connection, message)

    def _hello(self, index: int, connection: Connection, hello: Hello) -> None:
        if connection.hello is not None:
            if connection.hello.boot != hello.boot:
                self.fleet.kill(index, "it was reset")  # the link survived it; what the board held did not
            return  # else our HELLO was repeated, so its answer was too
        self._fleet_ready(0)  # the process's pid is known before its board speaks
        if self._switchboard.connections.get(index) is not connection:
            return
        connection.accept(hello)
        self.ledger.up(index, hello, self.fleet.slots[index], connection)
        self._switchboard.greetings.settled(index)
        self.taps.up(self.fleet.now(), index, hello)
        heap = hello.facts["heap_free"] or self.fleet.heap(index)  # CPython does not know its own
        self._tell(m.BoardUp(self.fleet.now(), index, heap, self.fleet.slots[index].tags))

    def _print(self, index: int, text: str) -> None:
        if not self.measuring.on:
            self._on_print(self.fleet.slots[index].name, text)

    def _result(self, index: int, connection: Connection, result: Result) -> None:
        connection.answered(result.lump, whole=bool(result.results) and not result.failures)
        work = self._works.get(self._scheduler.job_of(result.lump) or 0)
        if work:
            result = work.unfold(result) if work.unfolds else result
            self.habits.learn(work.shipment, result)
        self._answer = (index, result)
        now = self.fleet.now()
        lump = self.ledger.answered(now, index, result)
        if lump and work:
            self.taps.answered(now, index, work, lump[1], lump[2], result)
        self._tell(answers.done(now, result))

    # --- what the scheduler decides ---

    def _tell(self, event: m.Event) -> None:
        self.ledger.heard = event.at
        if self._record:
            self._record.write(json.dumps([type(event).__name__, *event]) + "\n")
        for command in self._scheduler.handle(event):
            self._carry_out[type(command)](command)  # type: ignore[operator]

    def _send(self, command: m.Send) -> None:
        work = self._works.get(command.job)
        if work is None:  # it was dropped by what follows, while this command waited its turn
            self._tell(m.LumpRefused(self.fleet.now(), command.lump))
            return
        try:
            connection = self._switchboard.touch(command.board)
            connection.send(command.lump, work, command.start, command.count)
            if connection.hello:
                self._fallbacks.taught(self.fleet.slots[command.board].name, work.shipment, connection.hello.facts)
            now = self.fleet.now()
            self.ledger.sent(now, command.board, command.lump, work, command.start, command.count)
            self.taps.sent(now, command.board, command.lump, work, command.start, command.count)
        except ShoalError as error:  # its function cannot run on that board
            work.fail(error)
            self._drop(work)
            self._tell(m.LumpRefused(self.fleet.now(), command.lump))

    def _deliver(self, command: m.Deliver) -> None:
        assert self._answer is not None
        index, result = self._answer
        results = result.results
        if command.offset or command.count != len(results):
            results = results[command.offset : command.offset + command.count]
        self.ledger.delivered(index, command.count)
        self.done += command.count
        self._works[command.job].deliver(command.start, results)

    def _fail(self, command: m.Fail) -> None:
        work = self._works[command.job]
        self.done += 1
        work.sink.fail(command.index, self._endings.error(work, command, self._answer))

    def _withdraw(self, command: m.Withdraw) -> None:
        if command.board in self._switchboard.connections:
            self._switchboard.touch(command.board).withdraw(command.lump)
            self.ledger.withdrawn(self.fleet.now(), command.board, command.lump)

    def _interrupt(self, command: m.Interrupt) -> None:
        if command.board in self._switchboard.connections:
            self._switchboard.touch(command.board).interrupt(command.lump)

    def _restart(self, command: m.Restart) -> None:
        self._expected[command.board] = True
        if command.board not in self._switchboard.connections:
            return  # it has ended already
        self.fleet.kill(command.board, "it was restarted, because a call took longer than its timeout")

    def _finished(self, job: int) -> None:
        work = self._works.pop(job)
        self._timed -= work.options.timeout is not None
        self.taps.finished(self.fleet.now(), work)
        if not self._works and self.measuring.on:
            self.asked = self.done = self.asked - self.measuring.calls
            self.measuring.end()
        elif not self._works:
            self.ledger.settle(self.fleet.now())

    # --- ends ---

    def _broken(self) -> None:
        self.broken = self.broken or self._endings.broken(self.fleet.spec.text)
        self.all_up.set()

    def _break(self, error: BaseException) -> None:
        """Something failed that should not: nobody may wait for ever."""
        self.broken = endings.breaking(self.fleet.spec.text, error)
        for work in self._works.values():
            work.fail(self.broken)
        self._works.clear()
        self.measuring.broken(self.broken)

    def _fail_posted(self) -> None:
        """Whatever is posted when the owner has ended."""
        error = self.broken or BrokenClusterError("the cluster was shut down before this call could run")
        with contextlib.suppress(IndexError):  # several threads may be here
            while item := self._inbox.items.popleft():
                if item[0] == self._take_calls and item[5].set_running_or_notify_cancel():
                    item[5].set_exception(error)
                elif item[0] == self._take_work:
                    item[1].fail(error)
                elif item[0] == self._measure:
                    item[1].set_exception(UsageError("the cluster is shut down: ask for a measured account before"))
