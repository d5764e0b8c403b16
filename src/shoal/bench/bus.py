"""The figures of a bus, on a breadboard, in its virtual time: PicoCray's picture, what of the bus it uses, what it survives.

Every picture is compared with plain Python's, all 76,800 pixels, before a figure is reported.
"""

import os
from collections.abc import Callable, Iterable

from shoal.bench import busproof, bustrouble
from shoal.bench.busrun import Frame, Outcome, checked, run
from shoal.bench.loader import Measured
from shoal.errors import ShoalError

COMPUTES = Frame(limit=16_000)  # 68 s of computing on one Pico: computing binds
CARRIES = Frame(limit=300, rows=8, plain=True)  # 153,600 bytes of answers, 1.5 s of computing for eight boards: the bus binds
WARM = Frame(limit=2)  # drawn first, so that every board has its code
RATES = (100_000, 400_000, 1_000_000)


def measure(_name: str, figure: str, _repetitions: int, count: int, _where: str) -> Measured:
    """Measure `figure`; `count` is the number of seeded runs of a proof."""
    if figure in _PROVEN:
        return _proof(figure.removeprefix("bus_"), count)
    return _MEASURED[figure]()


def _frame_s(outcome: Outcome) -> float:
    return float(outcome.of("frame")[-1]["us"]) / 1e6


def _frame() -> Measured:
    """The picture by one processor, and by eight."""
    runs = [run([WARM, COMPUTES], processors=number) for number in (1, 8)]
    if len({outcome.of("frame")[-1]["sha"] for outcome in runs}) != 1:  # plain Python would need minutes for this limit
        raise ShoalError("gave another picture with eight processors than with one")
    one, eight = map(_frame_s, runs)
    told = []
    for frame in (Frame(limit=1000), Frame(limit=4000)):
        others = [_frame_s(checked(run([WARM, frame], processors=number), frame)) for number in (1, 8)]
        told.append(f"{others[0] / others[1]:.2f} with {frame.limit:,} ({others[0]:.2f} s and {others[1]:.2f} s)")
    note = f"limit {COMPUTES.limit:,}, tiles of {COMPUTES.rows} rows, squeezed, boards know the code; {', '.join(told)}"
    return {"one_s": [one], "eight_s": [eight], "ratio": [one / eight]}, note


def _share() -> Measured:
    """The part of f/9 that a picture's plain counts use, from the first request to the last pixel."""
    values = {}
    for rate in RATES:
        seconds = _frame_s(checked(run([WARM, CARRIES], frequency_hz=rate), CARRIES))
        values[f"share_{rate // 1000}k"] = [100 * CARRIES.payload / seconds / (rate / 9)]
    return values, f"{CARRIES.payload:,} bytes of counts, tiles of {CARRIES.rows} rows, not squeezed"


def _packed() -> Measured:
    """What squeezing gains where the bus binds."""
    squeezed = Frame(limit=CARRIES.limit, rows=CARRIES.rows)
    plain_s = _frame_s(checked(run([WARM, CARRIES]), CARRIES))
    outcome = checked(run([WARM, squeezed]), squeezed)
    squeezed_s = _frame_s(outcome)
    note = f"limit {CARRIES.limit} at 400 kHz; {outcome.of('frame')[-1]['bytes_in']:,} bytes came instead of {CARRIES.payload:,}"
    return {"plain_s": [plain_s], "squeezed_s": [squeezed_s], "gain": [plain_s / squeezed_s]}, note


def _proof(kind: str, count: int) -> Measured:
    """Seeded runs of one kind; a wrong one is an error that says how to repeat it."""
    verdicts = list(busproof.run(kind, range(count), os.cpu_count() or 1))
    wrong = [verdict for verdict in verdicts if verdict.why]
    if wrong:
        first = min(wrong, key=lambda verdict: verdict.seed)
        again = busproof.again(kind, first.seed)
        raise ShoalError(f"was wrong in {len(wrong)} of {count} runs; seed {first.seed}: {first.why}; again: {again}")
    values = {name: [value] for name, value in busproof.summary(verdicts).items()}
    return values, f"{count} seeds"


def _troubles() -> Measured:
    """Virtual seconds until each kind of trouble was named."""
    found = bustrouble.measure()
    unnamed = [name for name, (seconds, _) in found.items() if seconds is None]
    if unnamed:
        raise ShoalError(f"nobody named: {', '.join(unnamed)}")
    seconds = [seconds for seconds, _ in found.values() if seconds is not None]
    note = "; ".join(f"{name} after {after:.2f} s" for name, (after, _) in found.items())
    return {"named": [len(seconds)], "slowest_s": [max(seconds)]}, note


_PROVEN: Iterable[str] = ("bus_faults", "bus_noise", "bus_unplugs", "bus_boots")
_MEASURED: dict[str, Callable[[], Measured]] = {
    "bus_frame": _frame,
    "bus_share": _share,
    "bus_packed": _packed,
    "bus_troubles": _troubles,
}
