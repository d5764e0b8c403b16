"""What the verbs show: the only file that imports rich.

People read standard output, or standard error where standard output carries data. A terminal is redrawn in
place; anything else gets plain lines.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from shoal import clock
from shoal.binding import binding, slower_than_one
from shoal.cli.crew import Crew
from shoal.cli.picture import Colour, Picture
from shoal.model import Account

_REDRAWS_A_SECOND = 8
_COLUMNS = 200  # where there is no terminal
_SHADES = " .:-=+*#%@"  # dark to bright, where there are no colours
_CREW_LINES = 4  # more boards than fit in these lines get one character each
# Told apart from each other, and from the picture's blues and browns.
_BOARDS: tuple[Colour, ...] = (
    (80, 220, 100), (255, 90, 90), (250, 220, 60), (200, 110, 255),
    (70, 220, 220), (255, 150, 210), (170, 210, 60), (255, 160, 70),
)  # fmt: skip


class Screen:
    """Where a verb shows things to people."""

    def __init__(self, *, error: bool = False) -> None:
        """`error`: on standard error, because standard output carries data."""
        self._console = Console(stderr=error, highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = _COLUMNS

    @property
    def redraws(self) -> bool:
        """Whether this is a terminal that can be redrawn in place."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    @property
    def width(self) -> int:
        """Characters in a line."""
        return self._console.width

    def say(self, text: str) -> None:
        """Print a line; the terminal breaks it where it is too long."""
        self._console.print(text, soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], *, text: Sequence[str]) -> None:
        """Print a table; the columns whose heading is in `text` are flush left, the others are numbers."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for heading in headings:
            table.add_column(heading, justify="left" if heading in text else "right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def account(self, account: Account, what: str) -> None:
        """Print where each board's time went, what the cluster gained, what binds; `what`: the word for its calls."""
        rows = [
            [
                board.name,
                str(board.calls),
                *map(seconds, (board.compute_s, board.link_s, board.waiting_s, board.idle_s)),
                *map(size, (board.bytes_out, board.bytes_in)),
            ]
            for board in account.boards
        ]
        self.say("")
        self.table(["board", what, "compute", "link", "waiting", "idle", "sent", "received"], rows, text=["board"])
        self.say("")
        self.say(account.summary(what))
        binds = binding(account)
        self.say(f"binds: {binds.sentence}")
        if slower_than_one(account):
            self.say("the cluster was slower than one board alone")
        if binds.helps:
            self.say(f"would help: {'; '.join(binds.helps)}")
        for note in account.notes:
            self.say(note)

    def picture(self, picture: Picture) -> None:
        """Print a picture as large as fits."""
        self._console.print(_HalfBlocks(picture, lambda y: None, max(4, self._console.height - 2)))

    @contextmanager
    def scene(self, title: str, picture: Picture, crew: Crew) -> Iterator[None]:
        """Redraw picture, boards and progress until the context ends; then they stay."""
        scene = _Scene(title, picture, crew, clock.now())
        with self._live(lambda: scene, vanish=False):
            yield

    @contextmanager
    def bar(self, progress: Callable[[], tuple[int, int]], words: Callable[[], str]) -> Iterator[None]:
        """Redraw a bar of (done, total) calls, and words, until the context ends; then it vanishes."""

        def draw() -> Text:
            done, total = progress()
            return _bar(done, total, f"{done} of {total} calls, {words()}", self._console.width)

        with self._live(draw, vanish=True):
            yield

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Say that something takes a moment, on a terminal, until the context ends."""
        with self._console.status(text) if self.redraws else nullcontext():
            yield

    @contextmanager
    def lines(self, lines: Callable[[], Sequence[str]]) -> Iterator[None]:
        """Redraw some lines until the context ends; then they vanish. Nothing where there is no terminal."""
        with self._live(lambda: Text("\n".join(lines())), vanish=True) if self.redraws else nullcontext():
            yield

    @contextmanager
    def working(self) -> Iterator[Callable[[str], None]]:
        """Gives a function that says what is being done now: on a line that changes, or each on its own."""
        if not self.redraws:
            yield self.say
            return
        with self._console.status("") as status:
            yield status.update

    def _live(self, render: Callable[[], RenderableType], *, vanish: bool) -> Live:
        return Live(
            get_renderable=render,
            console=self._console,
            refresh_per_second=_REDRAWS_A_SECOND,
            transient=vanish,
            redirect_stdout=sys.stdout.isatty(),  # else it is a file, or somebody's input
            redirect_stderr=sys.stderr.isatty(),
        )


def seconds(value: float) -> str:
    """A time, to a precision that tells something."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def size(count: int) -> str:
    """A number of bytes, in units of 1000."""
    if count < 10_000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 10_000_000 else f"{count / 1e6:.0f} MB"


@dataclass(frozen=True)
class _HalfBlocks:
    """A picture with two points in a character cell, as large as fits into `lines` lines.

    `margin(y)`: the colour of row y in a column of its own at the left.
    """

    picture: Picture
    margin: Callable[[int], Colour | None]
    lines: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        picture = self.picture
        # Points of the picture to one on the screen: never less than 1, the same both ways.
        step = max(1.0, picture.width / max(1, options.max_width - 2), picture.height / (2 * self.lines))
        xs = [int(column * step) for column in range(max(1, int(picture.width / step)))]
        ys = [int(line * step) for line in range(max(1, int(picture.height / step)))]
        draw = _shade if console.no_color or console.color_system is None else _half_block
        for upper, lower in zip(ys[::2], [*ys[1::2], None], strict=False):
            cells = zip(self._points(upper, xs), self._points(lower, xs), strict=True)
            for cell, alike in groupby(cells):
                yield draw(*cell, len(list(alike)))
            yield Segment.line()

    def _points(self, y: int | None, xs: list[int]) -> list[Colour | None]:
        """The margin, a gap, and the points of one row; nothing below the last row."""
        if y is None:
            return [None] * (len(xs) + 2)
        return [self.margin(y), None, *(self.picture.colour(x, y) for x in xs)]


def _half_block(upper: Colour | None, lower: Colour | None, count: int) -> Segment:
    if upper is None:
        return Segment(" " * count) if lower is None else Segment("▄" * count, Style.parse(_name(lower)))
    back = "" if lower is None else f" on {_name(lower)}"
    return Segment("▀" * count, Style.parse(_name(upper) + back))  # rich keeps what it has parsed


def _shade(upper: Colour | None, lower: Colour | None, count: int) -> Segment:
    colour = upper or lower or (0, 0, 0)
    return Segment(_SHADES[sum(colour) * (len(_SHADES) - 1) // (3 * 255)] * count)


def _name(colour: Colour) -> str:
    """A colour as rich writes it."""
    return "rgb({},{},{})".format(*colour)


@dataclass(frozen=True)
class _Scene:
    """The demo at work: title, picture with the boards' colours beside their rows, boards, progress."""

    title: str
    picture: Picture
    crew: Crew
    begun: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        boards = _boards(self.crew, options.max_width)
        lines = max(4, console.height - len(boards) - 3)  # title, progress, and the cursor's line
        told = f"{self.crew.arrived} of {self.crew.rows} rows, {clock.now() - self.begun:.1f} s"
        yield Group(
            Text(self.title, style="bold", no_wrap=True, overflow="ellipsis"),
            _HalfBlocks(self.picture, self._margin, lines),
            *boards,
            _bar(self.crew.arrived, self.crew.rows, told, options.max_width),
        )

    def _margin(self, y: int) -> Colour | None:
        board = self.crew.owner.get(y)
        return None if board is None else _BOARDS[board % len(_BOARDS)]


def _boards(crew: Crew, width: int) -> list[Text]:
    """What each board does: in words, or where there are too many for that, a mark for each."""
    cells = []
    for index, (name, row, done) in enumerate(zip(crew.names, crew.row, crew.done, strict=True)):
        colour = _name(_BOARDS[index % len(_BOARDS)])
        doing = "waits" if row is None else f"row {row}"
        told = f"{name:<8} {doing:<8}{done:>4} done   "
        words = Text.assemble(("■ ", colour), (told, "dim" if row is None else "default"))
        cells.append((words, Text("·" if row is None else "■", colour)))
    across = max(1, width // max((len(words) for words, _ in cells), default=1))
    if len(cells) <= across * _CREW_LINES:
        texts = [words for words, _ in cells]
    else:
        texts, across = [mark for _, mark in cells], width
    return [Text.assemble(*texts[start : start + across]) for start in range(0, len(texts), across)]


def _bar(done: int, total: int, words: str, width: int) -> Text:
    """A line that fills up from the left, and words behind it."""
    length = max(10, width - len(words) - 4)  # room for the ^C that the terminal prints at Ctrl-C
    full = length * done // total if total else 0
    return Text.assemble(("━" * full, "green"), ("━" * (length - full), "bright_black"), f" {words}")
