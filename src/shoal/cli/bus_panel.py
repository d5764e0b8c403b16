"""What `shoal demo picocray` and `shoal demo esp32` show while they run: a look at the breadboard in, lines out. Pure.

A light's strip goes from the past at the left to now at the right; each character is the share of its time in which it was lit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from shoal.cli.live import Line, Span
from shoal.cli.picture import Colour

_SHARES = "·▁▂▃▄▅▆▇█"
_SHADES = " .:-=+*#%@"


@dataclass(frozen=True)
class BoardNow:
    """One board. `lit`: its light now; `strip`: the share in which it was lit of some equal spans of time, oldest first."""

    name: str
    role: str
    powered: bool
    lit: bool
    strip: tuple[float, ...]
    told: str  # address, or what is said of it


@dataclass(frozen=True)
class Now:
    """A look at a breadboard. `bus`: the share of the last moment in which it was busy, if that is known; `news`: (s, text)."""

    title: str
    at_s: float
    boards: tuple[BoardNow, ...]
    bus: float | None
    news: tuple[tuple[float, str], ...]
    keys: str


@dataclass(frozen=True)
class Glass:
    """A display: its size in pixels, and what is seen at one."""

    width: int
    height: int
    colour: Callable[[int, int], Colour]


def lines(now: Now, glass: Glass | None, width: int, height: int, *, colours: bool = True) -> list[Line]:
    """The whole screen: the display at the left, boards and news at the right of it."""
    room = max(4, height - 3)  # title, keys, and the cursor's line
    picture = _picture(glass, room, max(10, width - 44), colours) if glass else []
    left = max((sum(len(text) for text, _ in line) for line in picture), default=0)
    beside = _beside(now, width - left - 2, room)
    body: list[Line] = []
    for number in range(max(len(picture), len(beside))):
        shown: list[Span] = list(picture[number]) if number < len(picture) else [(" " * left, "")]
        if left:
            shown.append(("  ", ""))
        body.append([*shown, *(beside[number] if number < len(beside) else ())])
    return [[(f"{now.at_s:.2f} virtual s   ", ""), (now.title, "bold")], *body, [(now.keys, "dim")]]


def _beside(now: Now, width: int, room: int) -> list[Line]:
    shown: list[Line] = [_board(board, width) for board in now.boards[: max(1, room - 4)]]
    if now.bus is not None:
        length = max(5, width - 18)
        full = round(length * min(1.0, now.bus))
        bar: list[Span] = [("█" * full, "green" if now.bus < 0.9 else "yellow"), ("░" * (length - full), "dim")]
        shown.append([("bus        ", "bold"), *bar, (f" {now.bus:4.0%}", "")])
    left = room - len(shown) - 1
    if left > 0:
        shown.append([("", "")])
    for at_s, text in now.news[-left:] if left > 0 else ():
        told = text if text.startswith("|") else f"{at_s:7.3f}  {text}"  # a row of a picture
        shown.append([(told if len(told) <= width else told[: width - 1] + "…", "")])
    return shown


def _board(board: BoardNow, width: int) -> Line:
    if not board.powered:
        return [("  ", ""), (f"{board.name:<11}", "dim"), ("no power", "red")]
    light: Span = ("● ", "bold bright_green") if board.lit else ("○ ", "dim")
    told = f"{board.name:<11}{board.told:<7}"
    room = max(1, width - len(told) - 2)
    strip = "".join(_share(share) for share in board.strip[-room:])
    return [light, (told, "bold" if board.role == "controller" else ""), (strip, "green")]


def _share(share: float) -> str:
    """A little light is never shown as none."""
    most = len(_SHARES) - 1
    return _SHARES[0 if share <= 0 else max(1, min(most, round(share * most)))]


def _picture(glass: Glass, room: int, width: int, colours: bool) -> list[Line]:
    """Two pixels in a character cell, as large as fits; as many pixels to one both ways."""
    step = max(1.0, glass.width / width, glass.height / (2 * room))
    xs = [int(column * step) for column in range(int(glass.width / step))]
    ys = [int(row * step) for row in range(int(glass.height / step))]
    if len(ys) % 2:
        ys.pop()
    shown: list[Line] = []
    for upper, lower in zip(ys[::2], ys[1::2], strict=True):
        cells = [(glass.colour(x, upper), glass.colour(x, lower)) for x in xs]
        shown.append([_cell(*cell, len(list(same)), colours) for cell, same in groupby(cells)])
    return shown


def _cell(upper: Colour, lower: Colour, count: int, colours: bool) -> Span:
    if not colours:
        return _SHADES[(sum(upper) + sum(lower)) * (len(_SHADES) - 1) // (6 * 255)] * count, ""
    return "▀" * count, "rgb({},{},{}) on rgb({},{},{})".format(*upper, *lower)


def plain(now: Now) -> str:
    """One line for where nothing can be redrawn."""
    lit = "".join("●" if board.lit else "○" if board.powered else "x" for board in now.boards)
    bus = "" if now.bus is None else f"  bus {now.bus:.0%}"
    return f"{now.at_s:7.3f} s  {lit}{bus}"
