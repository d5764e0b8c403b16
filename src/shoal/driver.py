"""The engine room: one thread owns the boards, the links, the peers and the scheduler. Nobody else touches them.

    user threads --post()--> inbox --+                                   +--> connections --> links --> boards
                                     +--> owner thread --> scheduler ----+
    links, fleet --select()----------+         |                         +--> sinks (futures, queues)

Whatever is posted, read or timed out becomes an event for the scheduler; its commands are carried out at once. An exception
that nobody expected breaks the cluster: every open job fails with it as the cause, and the thread ends.
"""

import contextlib
import json
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TextIO

from shoal import clock, defaults
from shoal.connection import Connection
from shoal.endings import Endings
from shoal.errors import BrokenClusterError, ProtocolError, ShoalError
from shoal.ledger import Ledger
from shoal.protocol import Encoded, Hello, Printed, Reference, Result
from shoal.scheduler import Scheduler
from shoal.scheduler import messages as m
from shoal.source import Shipment
from shoal.virtual.fleet import FRAME, Ended, Said, VirtualBoards
from shoal.work import Calls, Futures, Work

Posted = tuple[Any, ...]


class Driver:
    """Owns a fleet of boards. `post_*` may be called from any thread."""

    def __init__(self, fleet: VirtualBoards, on_print: Callable[[str, str], None], record: TextIO | None) -> None:
        """`on_print(board, text)` gets what tasks print; `record` gets every event, one JSON line each, for replay."""
        self.fleet = fleet
        self.ledger = Ledger([slot.name for slot in fleet.slots])
        self.broken: BaseException | None = None
        self.asked = 0  # calls
        self.done = 0  # calls answered, failed or cancelled
        self.finished = threading.Event()
        self.all_up = threading.Event()
        self._on_print = on_print
        self._record = record
        self._scheduler = Scheduler()
        self._connections: dict[int, Connection] = {}
        self._greeted: dict[int, tuple[float, float]] = {}  # boards that have not answered: since when, and greeted when
        self._works: dict[int, Work] = {}
        self._nudged = 0.0
        self._lossy = False  # some links may need something sent again
        self._timed = 0  # open jobs with a timeout
        self._touched: dict[int, Connection] = {}
        self._endings = Endings([slot.name for slot in fleet.slots])
        self._expected: dict[int, bool] = {}  # boards that the scheduler asked to restart
        self._answer: tuple[int, Result] | None = None
        self._carry_out = {
            m.Send: self._send,
            m.Deliver: self._deliver,
            m.Finished: lambda command: self._finished(command.job),
            m.Fail: self._fail,
            m.Withdraw: self._withdraw,
            m.Restart: self._restart,
            m.SetAside: lambda command: None,  # `_ended` asks
            m.Broken: lambda command: self._broken(),
        }
        self._stopping = False
        self._inbox: deque[Posted] = deque()
        self._asleep = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_in, selectors.EVENT_READ, self._woken)
        self._selector.register(fleet.fileno(), selectors.EVENT_READ, self._fleet_ready)
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

    def post_stop(self, cancel: bool = False, abort: bool = False) -> None:
        """End when all jobs are finished; `cancel`: what has not begun is cancelled; `abort`: what runs is given up too."""
        self._post((self._stop, cancel, abort))

    def join(self) -> None:
        """Wait until no board is left. (After an interrupted Thread.join the next one returns at once; an event waits.)"""
        if self._thread is not threading.current_thread():
            self.finished.wait()

    def _post(self, item: Posted) -> None:
        self._inbox.append(item)
        if self.finished.is_set():
            self._fail_posted()
        elif self._asleep:
            self._asleep = False
            with contextlib.suppress(OSError):  # the owner is ending, and will look once more
                self._wake_out.send(b"!")

    # --- the owner thread ---

    def _run(self) -> None:
        try:
            for index in range(len(self.fleet.slots)):
                self._open(index)
            while not (self._stopping and not self._works and not self._inbox):
                self._turn()
        except BaseException as error:
            self._break(error)
        finally:
            self._close()

    def _close(self) -> None:
        self.ledger.settle(clock.now())
        for index in list(self._connections):
            self._shut(index)
        self.fleet.close()
        for end in (self._selector, self._wake_in, self._wake_out):
            end.close()
        if self._record:
            self._record.close()
        self.all_up.set()
        self.finished.set()
        self._fail_posted()

    def _turn(self) -> None:
        self._asleep = True
        ready = self._selector.select(0 if self._inbox else self._patience())
        self._asleep = False
        for key, mask in ready:
            key.data(mask)
        while self._inbox:
            item = self._inbox.popleft()
            item[0](*item[1:])
        self._check_time()
        if self._touched:
            self._flush()

    def _patience(self) -> float | None:
        """Seconds to sleep at most."""
        waits = []
        if self._greeted:
            waits.append(defaults.HELLO_EVERY_S)
        if not self._scheduler.idle():
            waits.append(defaults.TICK_S)
        if self._lossy:
            now = _ms()
            resends = [connection.wait(now) for connection in self._connections.values()]
            waits += [wait / 1000 for wait in resends if wait is not None]
        return min(waits, default=None)

    def _check_time(self) -> None:
        now = clock.now()
        for index, (since, greeted) in list(self._greeted.items()):
            if now - since > defaults.HELLO_WITHIN_S:
                del self._greeted[index]
                self.fleet.kill(index, f"it did not answer within {defaults.HELLO_WITHIN_S:.0f} s of its start")
            elif now - greeted > defaults.HELLO_EVERY_S:
                self._greet(index, since, now)
        if self._timed:
            self._check_timeouts(now)
        if self._lossy and now - self._nudged > defaults.NUDGE_S:
            self._nudged = now
            for connection in self._connections.values():
                connection.nudge()
            self._touched.update(self._connections)
        if self._lossy:
            self._touched.update(
                (index, connection) for index, connection in self._connections.items() if connection.wait(_ms()) == 0
            )
        if not self._scheduler.idle() and now - self.ledger.heard > defaults.TICK_S:
            self._tell(m.Tick(now))

    def _check_timeouts(self, now: float) -> None:
        for index in self._connections:
            due = self._scheduler.deadline(index)
            if due and now > due[1]:
                self._tell(m.LumpExpired(now, due[0]))

    def _woken(self, mask: int) -> None:
        self._wake_in.recv(4096)

    # --- what users post ---

    def _take_calls(self, shipment: Shipment, names: dict[str, Any], call: Encoded, numpy: bool, future: Future[Any]) -> None:
        """Calls of the same function that were posted together become one job."""
        calls = [call]
        futures = [future]
        inbox = self._inbox
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
            self._fail_work(work, self.broken)
            return
        self._works[work.id] = work
        self.asked += len(work.calls)
        now = clock.now()
        self.ledger.begin(now)
        self._timed += work.options.timeout is not None
        self._tell(work.added(now, FRAME))

    def _cancel(self, work: Work) -> None:
        if work.id in self._works:
            self.done += self._scheduler.jobs[work.id].left
            self._tell(m.JobCancelled(clock.now(), work.id))
            self._finished(work.id)

    def _put(self, reference: Reference) -> None:
        ready = {index: connection for index, connection in self._connections.items() if connection.hello}
        for connection in ready.values():
            connection.keep(reference)
        self._touched.update(ready)

    def _let_go(self, reference_id: int) -> None:
        for connection in self._connections.values():
            connection.let_go(reference_id)
        self._touched.update(self._connections)

    def _stop(self, cancel: bool, abort: bool) -> None:
        self._stopping = True
        for work in list(self._works.values()) if cancel or abort else ():
            if work.sink.cancel() or abort:
                self._cancel(work)
                if abort:
                    self._fail_work(work, CancelledError())

    # --- boards ---

    def _open(self, index: int) -> None:
        """Start a board, or start it again."""
        link = self.fleet.open(index)
        self._lossy |= link.lossy
        connection = self._connections[index] = Connection(link, session=id(link) & 0xFFFFFFFF)
        self._selector.register(link.fileno(), selectors.EVENT_READ, lambda mask: self._link_ready(index, connection, mask))
        now = clock.now()
        self._tell(m.BoardStarting(now, index))
        self._greet(index, now, now)

    def _greet(self, index: int, since: float, now: float) -> None:
        self._greeted[index] = (since, now)
        self._connections[index].greet()
        self._touched[index] = self._connections[index]

    def _shut(self, index: int) -> None:
        connection = self._connections.pop(index, None)
        self._touched.pop(index, None)
        self._greeted.pop(index, None)
        if connection:
            self._deafen(connection)
            connection.link.close()
            self.ledger.closed(index, connection)

    def _fleet_ready(self, mask: int) -> None:
        for event in self.fleet.poll():
            if isinstance(event, Said):
                self._print(event.slot, event.text)
            else:
                self._ended(event)

    def _ended(self, event: Ended) -> None:
        """A board's process has ended."""
        connection = self._connections.get(event.slot)
        if connection:
            self._listen(event.slot, connection)  # its last answers may still be on the link
        self._shut(event.slot)
        self._endings.note(event.slot, event.reason)
        self.ledger.reset(event.slot)
        if not self._expected.pop(event.slot, False):
            self._tell(m.BoardDown(clock.now(), event.slot, event.returns, blame=event.returns))
        if event.returns and not self._scheduler.set_aside(event.slot):
            self._open(event.slot)

    def _link_ready(self, index: int, connection: Connection, mask: int) -> None:
        if self._connections.get(index) is not connection:
            return  # closed since `select` saw it
        if mask & selectors.EVENT_READ:
            self._listen(index, connection)
        self._touched[index] = connection

    def _listen(self, index: int, connection: Connection) -> None:
        """Read a link once. The end of a link says nothing: the fleet will say how the board ended."""
        try:
            for message in connection.receive(_ms()):
                if isinstance(message, Result):
                    self._result(index, connection, message)
                elif isinstance(message, Printed):
                    self._print(index, message.text)
                else:
                    self._hello(index, connection, message)
        except ProtocolError as error:
            self.fleet.kill(index, str(error))
        if connection.closed:
            self._deafen(connection)

    def _deafen(self, connection: Connection) -> None:
        """Stop listening to a link; one that has ended stays until the fleet tells why."""
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection.link.fileno())

    def _hello(self, index: int, connection: Connection, hello: Hello) -> None:
        if connection.hello is not None:
            return  # our HELLO was repeated, so its answer was too
        self._fleet_ready(0)  # the process's pid is known before its board speaks
        connection.accept(hello)
        self._greeted.pop(index, None)
        self.ledger.up(index, hello, self.fleet.slots[index], connection)
        if not self._greeted:
            self.all_up.set()
        heap = hello.facts["heap_free"] or self.fleet.heap(index)  # CPython does not know its own
        self._tell(m.BoardUp(clock.now(), index, heap))

    def _print(self, index: int, text: str) -> None:
        self._on_print(self.fleet.slots[index].name, text)

    def _result(self, index: int, connection: Connection, result: Result) -> None:
        connection.answered(result.lump, whole=not result.failures)
        self._answer = (index, result)
        self.ledger.answered(index, result)
        self._tell(
            m.LumpDone(
                clock.now(),
                result.lump,
                len(result.results),
                tuple([failure.index for failure in result.failures]),
                any([failure.type == "MemoryError" for failure in result.failures]),
                result.compute,
                result.agent,
                result.size,
                result.heap,
            )
        )

    # --- what the scheduler decides ---

    def _tell(self, event: m.Event) -> None:
        self.ledger.heard = event.at
        if self._record:
            self._record.write(json.dumps([type(event).__name__, *event]) + "\n")
        for command in self._scheduler.handle(event):
            self._carry_out[type(command)](command)  # type: ignore[operator]

    def _send(self, command: m.Send) -> None:
        connection = self._connections[command.board]
        connection.send(command.lump, self._works[command.job], command.start, command.count)
        self._touched[command.board] = connection

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
        if connection := self._connections.get(command.board):
            connection.withdraw(command.lump)
            self._touched[command.board] = connection

    def _restart(self, command: m.Restart) -> None:
        self._expected[command.board] = True
        self.fleet.kill(command.board, "it was restarted, because a call took longer than its timeout")

    def _finished(self, job: int) -> None:
        work = self._works.pop(job)
        self._timed -= work.options.timeout is not None
        if not self._works:
            self.ledger.settle(clock.now())

    # --- ends ---

    def _broken(self) -> None:
        if not self.broken:
            self.broken = BrokenClusterError(f"every board of {self.fleet.spec.text} has ended: {self._endings.told()}")
        self.all_up.set()

    def _break(self, error: BaseException) -> None:
        """Something failed that should not: nobody may wait for ever."""
        if isinstance(error, ShoalError):
            self.broken = BrokenClusterError(f"the cluster {self.fleet.spec.text} is broken: {error}")
        else:
            self.broken = BrokenClusterError(f"a bug in Shoal broke the cluster: {type(error).__name__}: {error}")
        self.broken.__cause__ = error
        for work in self._works.values():
            self._fail_work(work, self.broken)
        self._works.clear()

    @staticmethod
    def _fail_work(work: Work, error: BaseException) -> None:
        for index in range(len(work.calls)):
            work.sink.fail(index, error)

    def _fail_posted(self) -> None:
        """Whatever is posted when the owner has ended."""
        error = self.broken or BrokenClusterError("the cluster was shut down before this call could run")
        with contextlib.suppress(IndexError):  # several threads may be here
            while item := self._inbox.popleft():
                if item[0] == self._take_calls and item[5].set_running_or_notify_cancel():
                    item[5].set_exception(error)
                elif item[0] == self._take_work:
                    self._fail_work(item[1], error)

    def _flush(self) -> None:
        now = _ms()
        for connection in self._touched.values():
            blocked = connection.flush(now)
            if connection.closed:
                continue
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
            key = self._selector.get_key(connection.link.fileno())
            if key.events != wanted:
                self._selector.modify(connection.link.fileno(), wanted, key.data)
        self._touched.clear()


def _ms() -> int:
    return int(clock.now() * 1000)
