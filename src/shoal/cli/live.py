"""Lines that are redrawn in place: with `screen`, the only file that imports rich. What the lines say is made elsewhere."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.text import Text

Span = tuple[str, str]  # text, and its style: "" or words such as "bold red", "dim"
Line = Sequence[Span]
_REDRAWS_A_SECOND = 4


class Pane:
    """A place on the terminal for lines."""

    def __init__(self, draw: Callable[[int, int], Sequence[Line]]) -> None:
        """`draw(width, height)` gives the lines, whenever the pane is redrawn."""
        self._draw = draw
        self._console = Console(stderr=not sys.stdout.isatty(), highlight=False, markup=False, emoji=False)

    @property
    def redraws(self) -> bool:
        """Whether there is a terminal that can be redrawn in place."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    @contextmanager
    def shown(self, *, whole: bool) -> Iterator[None]:
        """Redraw until the context ends. `whole`: the screen is ours meanwhile; else what is printed scrolls by above."""
        live = Live(
            _Lines(self._draw),
            console=self._console,
            screen=whole,
            transient=True,
            refresh_per_second=_REDRAWS_A_SECOND,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
        )
        with live:
            yield


class _Lines:
    def __init__(self, draw: Callable[[int, int], Sequence[Line]]) -> None:
        self._draw = draw

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = self._draw(options.max_width, options.height or console.height)
        yield Group(*(Text.assemble(*line, no_wrap=True, overflow="ellipsis") for line in lines))
