"""A board on the simulated clock, as a little machine: it reads what has come, runs a lump, writes its answer, or waits.

It is what `shoal_board.main` and the agent do, in their order: an answer is written before anything else; what has come is read
before the next lump begins (it may be the withdrawal of that lump); and a lump that runs is not interrupted, because nothing is
read meanwhile. So two lumps are on a board, and its link and its computing take turns.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from shoal import defaults
from shoal.predict.books import Book
from shoal.predict.calls import CODE_FRAMES, FRAME_HEAD, Calls, Part
from shoal.predict.carrier import Agenda, Carrier
from shoal.predict.model import BoardModel
from shoal.scheduler.sizing import RESULT_HEAD

WITHDRAWAL = 4 + FRAME_HEAD  # bytes of the message that takes a lump back, or has it stopped


class Lump(NamedTuple):
    """Calls on their way to a board: `count` of `work` from `start` on, and what they come to.

    `code`: bytes of the function's code that travel ahead of them, and `learn_s`: seconds to load it; 0 if the board has it.
    """

    id: int
    work: Calls
    start: int
    count: int  # type: ignore[assignment]  # tuple.count is not wanted here
    part: Part
    code: int
    learn_s: float


class Taken(NamedTuple):
    """A lump that is not wanted any more. `answer`: it is to be answered all the same, by nothing."""

    id: int
    answer: bool


class AgentModel(NamedTuple):
    """Seconds that a lump takes the sampled board beside its calls and its bytes.

    `lump_s`, `call_s`: of the agent, for a lump and for each of its calls; `compute_lump_s`: what counts as computing.
    """

    lump_s: float
    call_s: float
    compute_lump_s: float = 0.0


class Answer(NamedTuple):
    """A board's answer at the host, as the scheduler is told of it: seconds in the user's code and in the agent."""

    board: int
    lump: int
    calls: int
    compute_s: float
    agent_s: float
    size: int


def size_of(message: Lump | Taken) -> tuple[int, int]:
    """Bytes on the wire, and in how many frames."""
    if isinstance(message, Taken):
        return WITHDRAWAL, 1
    if not message.code:
        return message.part.out, message.part.frames
    frames = CODE_FRAMES + -(-message.code // defaults.BOARD_FRAME)
    return message.part.out + message.code + frames * FRAME_HEAD, message.part.frames + frames


class Station:
    """One board and its end of the link."""

    def __init__(
        self, agenda: Agenda, carrier: Carrier, index: int, board: BoardModel, agent: AgentModel,
        answered: Callable[[Answer], None],
    ) -> None:  # fmt: skip
        """`answered` gets each answer when it has come to the host."""
        self.board = board
        self.book = Book()
        self._agenda = agenda
        self._carrier = carrier
        self._index = index
        self._agent = agent
        self._answered = answered
        self._come: deque[Lump | Taken] = deque()  # on the link, not yet read
        self._todo: deque[Lump] = deque()
        self._waits = True
        self._agent_s = 0.0  # since the last answer was made
        self._reads: Lump | Taken | None = None
        self._runs: Lump | None = None
        carrier.rest(index)

    def come(self, message: Lump | Taken) -> None:
        """A message is there."""
        self._come.append(message)
        if self._waits:
            self._waits = False
            self._read(waited=True)

    def _go_on(self) -> None:
        if self._come:
            self._read(waited=False)
        elif self._todo:
            self._run()
        else:
            self._waits = True
            self._carrier.rest(self._index)

    def _read(self, waited: bool) -> None:
        message = self._reads = self._come.popleft()
        self.book.begin(self._agenda.now)
        self._carrier.read(self._index, size_of(message)[0], waited, self._has_read)

    def _has_read(self, worked: float) -> None:
        self._agent_s += worked
        self.book.end(self._agenda.now, worked)
        message = self._reads
        if isinstance(message, Taken):
            self._withdraw(message)
        elif message is not None:
            self._todo.append(message)
        self._go_on()

    def _withdraw(self, taken: Taken) -> None:
        for place, lump in enumerate(self._todo):
            if lump.id == taken.id:
                del self._todo[place]
                if taken.answer:
                    self._todo.insert(place, lump._replace(count=0, part=Part(0.0, 0, 0, RESULT_HEAD)))
                return

    def _run(self) -> None:
        lump = self._runs = self._todo.popleft()
        agent_s = (self._agent.lump_s + self._agent.call_s * lump.count + lump.learn_s) * self.board.slower
        compute_s = self._compute_s(lump)
        self._agent_s += agent_s
        self.book.begin(self._agenda.now, agent_s, compute_s)
        self._agenda.at(self._agenda.now + agent_s + compute_s, self._has_run)

    def _compute_s(self, lump: Lump) -> float:
        return (lump.part.seconds + self._agent.compute_lump_s) * self.board.slower

    def _has_run(self) -> None:
        lump = self._runs
        assert lump is not None
        now = self._agenda.now
        self.book.end(now)
        size = lump.part.back
        answer = Answer(self._index, lump.id, lump.count, self._compute_s(lump), self._agent_s, size)
        self._agent_s = 0.0
        self.book.begin(now)
        self._carrier.write(self._index, size, self._has_written, lambda: self._answered(answer))

    def _has_written(self, worked: float) -> None:
        self._agent_s += worked  # counts for the next answer
        self.book.end(self._agenda.now, worked)
        self._go_on()
