"""What the controller of a bus knows of one board, on the simulated clock: when it looks into that board's mailbox again.

The rules and figures are those of `shoal_board.seat`, in seconds.
"""

from shoal.predict.mailbox import Mailbox

SOON = 0.0015
OFTEN = 0.001
SELDOM = 0.2
BEAT = 0.9
UNSEEN = 0.06
GREETED_S = 0.02  # that the first answers of a board take: to a HELLO, and when it has learnt its function
HEAD, ACK, STATUS, TRAILER = 8, 7, 10, 5  # bytes of a mailbox's parts


class Seat:
    """One board's."""

    def __init__(self, board: int, mailbox: Mailbox) -> None:
        self.board = board
        self.mailbox = mailbox
        self.piece = 0  # bytes of a packet that the board has not yet taken, 0: none
        self.sent = 0  # packets for it so far
        self.got = 0  # of its packets, the last that came
        self.waiting = 0  # bytes of the next packet, which the host has sent already
        self.unsent = self.owes = self.quick = self.fresh = False
        self.wired = False
        self.rhythm = GREETED_S
        self.patience = UNSEEN
        self.misses = 0
        self.first = 0.0
        self.due = self.since = self.spoke = 0.0

    def put(self, size: int, now: float) -> None:
        """A packet for the board; it is served next."""
        self.piece = size
        self.sent += 1
        self.unsent = self.fresh = True
        self.patience = UNSEEN
        self.due = now

    def hurries(self, now: float) -> None:
        """What there is for it is about to be written."""
        if self.unsent or self.owes:
            self.quick = self.unsent
            if self.fresh and now - self.since > 2 * self.rhythm:  # it had nothing to do
                self.since = now

    def learn(self, now: float, more: bool) -> None:
        """An answer came. What did it take?"""
        took = now - self.since
        if not more:
            self.rhythm += (took - self.rhythm) * (0.25 if took > self.rhythm > 0 else 1.0)
            self.since = now
        self.quick = more

    def schedule(self, now: float, deaf: bool = False) -> None:
        """Nothing is to be done for it now: when will there be?"""
        if (self.unsent or self.owes) and not deaf:
            self.due = now
            return
        spent = now - self.since
        wait = spent / 16
        soon = self.rhythm * 7 / 8 - spent
        if soon > wait and not (self.quick and not self.piece):
            wait = soon
        self.quick = False
        self.due = now + max(OFTEN, min(wait, SELDOM))

    def retry(self, now: float, count: int) -> None:
        """It was not heard so many times in a row."""
        self.due = now + (0.0 if count < 3 else OFTEN * 2 ** min(count - 3, 5))

    def is_content(self, now: float) -> bool:
        """Whether it need not be asked before it raises the attention line."""
        return not (self.unsent or self.owes or self.piece) and now - self.spoke < BEAT
