"""What is measured, and how good it must be: every figure, size, target and time limit, once.

A figure is one measurement; it gives one or more lines of the printed table. Nothing here runs anything.
"""

from dataclasses import dataclass

from shoal.kernels.table import TABLE

WORKERS = 8
REPETITIONS = 5


@dataclass(frozen=True)
class Figure:
    """One measurement, as the runner has to make it.

    `module` is the file of this package that makes it in a process of its own; "" where the parent measures a
    whole program from outside. `count` is the number of calls in one repetition; a slow peer has its own.
    `limit_s` ends one process that measures it. `repeated` is False for figures too long for medians. `schemes`: the
    specs whose clusters it can be measured on.
    """

    key: str
    module: str
    count: int
    limit_s: float
    peers: bool = True
    repeated: bool = True
    in_quick: bool = True
    schemes: tuple[str, ...] = ("virtual",)


FIGURES = (
    Figure("submit", "rates", 20_000, 180),
    Figure("map", "rates", 200_000, 180),
    Figure("round_trip", "rates", 2_000, 180),
    Figure("start", "", 1, 60),
    Figure("memory", "", 1, 60),
    Figure("paced", "boards", 240, 240, peers=False, repeated=False, in_quick=False),
    Figure("many", "boards", 10_000, 400, peers=False),
    Figure("bus_frame", "bus", 1, 900, peers=False, repeated=False, in_quick=False),
    Figure("bus_share", "bus", 1, 900, peers=False, repeated=False),
    Figure("bus_packed", "bus", 1, 600, peers=False, repeated=False),
    Figure("bus_faults", "bus", 100, 7200, peers=False, repeated=False, in_quick=False),
    Figure("bus_boots", "bus", 1000, 7200, peers=False, repeated=False, in_quick=False),
    Figure("bus_unplugs", "bus", 500, 7200, peers=False, repeated=False, in_quick=False),
    Figure("bus_noise", "bus", 20, 3600, peers=False, repeated=False),
    Figure("bus_troubles", "bus", 1, 600, peers=False, repeated=False),
    Figure("kernels", "kernels", 1, 600, peers=False, schemes=("emulated", "usb", "tcp")),
    Figure("wire", "wire", 20, 600, peers=False, schemes=("emulated",)),
)

BY_KEY = {figure.key: figure for figure in FIGURES}


@dataclass(frozen=True)
class Line:
    """One line of the table: the value `value` of figure `figure`, its unit and its target, if it has one."""

    figure: str
    value: str
    title: str
    unit: str
    digits: int
    at_least: float | None = None
    at_most: float | None = None

    def text(self, value: float) -> str:
        """The value as printed, with thousands separated."""
        return f"{value:,.{self.digits}f}"

    def target(self) -> str:
        """The target as printed: "" where there is none."""
        if self.at_least is not None:
            return f"at least {self.text(self.at_least)}"
        return f"at most {self.text(self.at_most)}" if self.at_most is not None else ""

    def reached(self, value: float) -> bool | None:
        """Whether `value` reaches the target; None where there is none."""
        if self.at_least is not None:
            return value >= self.at_least
        return value <= self.at_most if self.at_most is not None else None


# Microseconds of one unit of a kernel, which the table of kernels names.
_KERNEL_TARGETS = {"mandelbrot_row": 0.32}
_KERNELS = tuple(
    Line("kernels", kernel.name, f"{kernel.name}, a {kernel.unit}", "us", 3, at_most=_KERNEL_TARGETS.get(kernel.name))
    for kernel in TABLE
)

LINES = (
    Line("submit", "rate", "no-op submit + as_completed", "tasks/s", 0, at_least=40_000),
    Line("map", "rate", "map of a no-op over ints", "items/s", 0, at_least=3_000_000),
    Line("round_trip", "median_ms", "round trip of one task, median", "ms", 3, at_most=0.12),
    Line("round_trip", "p99_ms", "round trip of one task, 99th percentile", "ms", 3, at_most=0.30),
    Line("start", "first_s", "nothing to first result", "s", 3, at_most=0.15),
    Line("memory", "pss_mb", "memory of host and workers (PSS)", "MB", 0, at_most=60),
    Line("paced", "one_s", "Mandelbrot on one paced Pico", "s", 1),
    Line("paced", "eight_s", "Mandelbrot on eight paced Picos", "s", 1),
    Line("paced", "ratio", "eight paced Picos against one", "times", 2, at_least=7.6),
    # Other programs slow the boards of one run more than those of the other: this takes that out.
    Line("paced", "level", "the same, for equal seconds of computing", "times", 2, at_least=7.6),
    Line("many", "up_s", "200 virtual boards up and answering", "s", 1, at_most=10),
    Line("many", "tasks_s", "10,000 tasks on them, all right", "s", 2),
    Line("bus_frame", "one_s", "PicoCray's picture, one processor on the bus", "s", 2),
    Line("bus_frame", "eight_s", "PicoCray's picture, eight processors", "s", 2),
    Line("bus_frame", "ratio", "eight against one, where computing binds", "times", 2, at_least=7.5),
    Line("bus_share", "share_100k", "of the bus's f/9, where it binds, at 100 kHz", "%", 1, at_least=92),
    Line("bus_share", "share_400k", "the same at 400 kHz", "%", 1, at_least=92),
    Line("bus_share", "share_1000k", "the same at 1 MHz", "%", 1, at_least=92),
    Line("bus_packed", "plain_s", "the picture where the bus binds, 400 kHz", "s", 2),
    Line("bus_packed", "squeezed_s", "the same, answers squeezed", "s", 2),
    Line("bus_packed", "gain", "what squeezing gains", "times", 2),
    Line("bus_faults", "right", "pictures equal to this computer's, of 100 with faults", "", 0, at_least=100),
    Line("bus_boots", "right", "16 boards boot at once: all addressed, no clash, of 1,000", "", 0, at_least=1000),
    Line("bus_boots", "last_s most", "the last address after the last boot", "s", 2, at_most=3),
    Line("bus_unplugs", "right", "a processor unplugged at any moment: pictures right, of 500", "", 0, at_least=500),
    Line("bus_unplugs", "again most", "tiles asked for again that no lost board held", "", 0, at_most=0),
    Line("bus_unplugs", "frame_s median", "the picture meanwhile, median", "s", 2),
    Line("bus_noise", "right", "a bit in 10,000 wrong: pictures right, of 20", "", 0, at_least=20),
    Line("bus_noise", "payload_kbs median", "counts that come through the noise, median", "KB/s", 1),
    Line("bus_troubles", "named", "kinds of trouble named", "", 0, at_least=6),
    Line("bus_troubles", "slowest_s", "the slowest of them", "s", 2, at_most=5),
    Line("kernels", "mandelbrot_viper", "mandelbrot_row in viper, a step", "us", 3, at_most=1.7),
    *_KERNELS,
    Line("wire", "no_op_ms", "no-op task, first byte in to last byte out", "ms", 2, at_most=1.5),
    Line("wire", "no_op_worst_ms", "the same, the worst of 20", "ms", 2),
    Line("wire", "round_trip_ms", "the same, as this computer waits for it", "ms", 0),
    Line("wire", "to_board", "bulk to the board", "KB/s", 0, at_least=100),
    Line("wire", "to_board_bare", "a bare `readinto` of as much", "KB/s", 0),
    Line("wire", "from_board", "bulk from the board", "KB/s", 0),
    Line("wire", "from_board_bare", "a bare `write` of as much", "KB/s", 0),
    Line("wire", "from_board_share", "bulk from the board, of a bare `write`", "%", 0, at_least=90),
    Line("wire", "heap", "heap free in a task", "B", 0),
    Line("wire", "heap_bare", "heap free at the bare prompt", "B", 0),
    Line("wire", "heap_share", "heap that the agent leaves", "%", 1, at_least=95),
)
