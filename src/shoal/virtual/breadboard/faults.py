"""What can be done to a breadboard while it runs, as data: by the user's words, or at random by a seed.

    KIND[:TARGET][=VALUE][@FROM[..UNTIL]]        unplug:3@2s    stuck:sda=0@1s..1.5s    noise=1e-4    twins:2,5@3s

TARGET is a board or a net of the wiring; a number is a place in the wiring's list of boards, counted from 0, so that of PicoCray
3 is p3 and 0 the controller. Times are virtual seconds (`s` or `ms`); without FROM a fault is there from the beginning.
"""

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shoal.errors import UsageError
from shoal.suggest import unknown
from shoal.virtual.breadboard.wiring import Wiring

BOARD, BOARDS, NET = "board", "two boards", "net"


@dataclass(frozen=True)
class Kind:
    """One kind of fault. `target`: what it is done to; `anywhere`: it needs no target; `value`: what it is, "" for none."""

    target: str
    what: str
    value: str = ""
    lasts: bool = True
    anywhere: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "unplug": Kind(BOARD, "the board loses power and bus; with UNTIL it is plugged in again"),
        "replug": Kind(BOARD, "a board that is unplugged is plugged in again", lasts=False),
        "brownout": Kind(BOARD, "the board's supply sags until UNTIL, or for 50 ms: it is reset and starts again"),
        "stuck": Kind(NET, "the line is held at VALUE, whoever drives it", "0 or 1"),
        "noise": Kind(
            NET, "bits are read wrong with probability VALUE; without a target on every net of the bus", "0 to 0.1", anywhere=True
        ),
        "nopullup": Kind(NET, "the pull-ups are not there; without a target those of every net", anywhere=True),
        "twins": Kind(BOARDS, "the second board takes the bus address of the first"),
        "slow": Kind(BOARD, "computing takes the board VALUE times as long", "above 1, at most 1000"),
    }
)
BROWNOUT_S = 0.05

_FORM = re.compile(r"([a-z]+)(?::([^=@]*))?(?:=([^@]*))?(?:@(.*))?")
_TIME = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s)?")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `target`: board or net, "a,b" for two boards, "" for all nets; times in virtual seconds.

    `until_s` None: until the end. `value`: the level of a stuck line, the probability of a wrong bit, the factor of slowness.
    """

    kind: str
    target: str = ""
    at_s: float = 0.0
    until_s: float | None = None
    value: float | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The names in `target`."""
        return tuple(self.target.split(",")) if self.target else ()

    def __str__(self) -> str:
        """As `parse` reads it."""
        target = f":{self.target}" if self.target else ""
        value = "" if self.value is None else f"={self.value:g}"
        until = "" if self.until_s is None else f"..{self.until_s:g}s"
        return f"{self.kind}{target}{value}@{self.at_s:g}s{until}"


def parse(text: str, wiring: Wiring | None = None) -> Fault:
    """Read one fault; with a wiring, numbers become names and targets must be there. Raises UsageError that shows the form."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise _bad(text, "it is not KIND:TARGET@TIME, such as unplug:3@2s")
    kind, target, value, times = match.groups()
    if kind not in KINDS:
        raise _bad(text, unknown("kind", kind, KINDS))
    at_s, until_s = _times(text, times)
    if until_s is not None and not KINDS[kind].lasts:
        raise _bad(text, f"{kind} happens once and has no end")
    targets = [word.strip() for word in (target or "").split(",") if word.strip()]
    fault = Fault(kind, ",".join(targets), at_s, until_s, _value(text, kind, value))
    if wiring is None:
        _count(text, fault)
        return fault
    return _placed(text, fault, wiring)


def read(texts: Iterable[str], wiring: Wiring) -> tuple[Fault, ...]:
    """Faults for this wiring. Raises UsageError."""
    return tuple(parse(text, wiring) for text in texts)


def _count(text: str, fault: Fault) -> None:
    kind = KINDS[fault.kind]
    wanted = 2 if kind.target == BOARDS else 1
    if len(fault.targets) != wanted and not (kind.anywhere and not fault.target):
        example = {BOARD: "3", BOARDS: "2,5", NET: "sda"}[kind.target]
        raise _bad(text, f"{fault.kind} is for {'a ' if wanted == 1 else ''}{kind.target}: write {fault.kind}:{example}")


def _placed(text: str, fault: Fault, wiring: Wiring) -> Fault:
    _count(text, fault)
    names = [net.name for net in wiring.nets]
    if KINDS[fault.kind].target == NET:
        for word in fault.targets:
            if word not in names:
                raise _bad(text, unknown("net", word, names))
        return fault
    boards = [board.name for board in wiring.boards]
    found = []
    for word in fault.targets:
        if word.isdecimal() and int(word) < len(boards):
            word = boards[int(word)]
        if word not in boards:
            raise _bad(text, f"{unknown('board', word, boards)} (or their places, 0 to {len(boards) - 1})")
        found.append(word)
    if len(set(found)) < len(found):
        raise _bad(text, "two different boards are needed")
    return replace(fault, target=",".join(found))


def _times(text: str, times: str | None) -> tuple[float, float | None]:
    if times is None:
        return 0.0, None
    start, dots, end = times.partition("..")
    at_s, until_s = _seconds(text, start), _seconds(text, end) if dots else None
    if until_s is not None and until_s <= at_s:
        raise _bad(text, "it ends before it begins")
    return at_s, until_s


def _seconds(text: str, word: str) -> float:
    match = _TIME.fullmatch(word.strip())
    if match is None:
        raise _bad(text, f"'{word}' is not a time such as 2s, 1.5s or 300ms")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def _value(text: str, kind: str, word: str | None) -> float | None:
    wanted = KINDS[kind].value
    if not wanted:
        if word is not None:
            raise _bad(text, f"{kind} has no value")
        return None
    try:
        value = float(word or "")
    except ValueError:
        raise _bad(text, f"{kind} needs a value, {wanted}: {kind}{':sda' if kind == 'stuck' else ''}=...") from None
    fits = {"stuck": value in (0, 1), "noise": 0 <= value <= 0.1, "slow": 1 < value <= 1000}
    if not fits[kind]:
        raise _bad(text, f"its value is {wanted}")
    return value


def _bad(text: str, told: str) -> UsageError:
    return UsageError(f"cannot use the fault '{text}': {told}; a fault is KIND[:TARGET][=VALUE][@FROM[..UNTIL]]")


# --- at random ---


def random_faults(seed: int, wiring: Wiring, seconds: float, count: int = 3) -> tuple[Fault, ...]:
    """`count` faults within the first `seconds`, the same for a seed, which a cluster must survive with the right answer.

    Processors only lose power, sag or slow down, and one of them is left alone; lines are stuck and noisy for a while.
    """
    draw = random.Random(f"faults of {wiring.name} {seed}")
    bus = bus_nets(wiring)
    processors = list(wiring.processors)
    draw.shuffle(processors)
    hurt = processors[:-1]
    faults = []
    for _ in range(count):
        kinds = [
            kind for kind in ("unplug", "brownout", "slow", "stuck", "noise") if (hurt if KINDS[kind].target == BOARD else bus)
        ]
        if not kinds:
            break
        faults.append(_drawn(draw, draw.choice(kinds), hurt, bus, seconds))
    return tuple(sorted(faults, key=lambda fault: fault.at_s))


def _drawn(draw: random.Random, kind: str, hurt: list[str], bus: list[str], seconds: float) -> Fault:
    at_s = round(draw.uniform(0, seconds), 6)
    brief = round(at_s + draw.uniform(0.001, 0.1), 6)
    later = round(at_s + draw.uniform(0.1, 0.5) * seconds, 6)
    if kind == "stuck":
        return Fault(kind, draw.choice(bus), at_s, brief, float(draw.randint(0, 1)))
    if kind == "noise":
        return Fault(kind, draw.choice(bus), at_s, later, 10 ** draw.uniform(-6, -3))
    target = draw.choice(hurt)
    if kind == "slow":
        return Fault(kind, target, at_s, later, draw.uniform(2, 8))
    if kind == "brownout":
        return Fault(kind, target, at_s, brief)
    return Fault(kind, target, at_s, later if draw.random() < 0.5 else None)


def bus_nets(wiring: Wiring) -> list[str]:
    """The nets of the bus's signals: the ones on its pins, without the role pin's and the lights'."""
    gpios = {gpio for role, gpio in wiring.bus.pins.items() if role not in ("role", "led")}
    return [net.name for net in wiring.nets if not net.ground and any(gpio in gpios for _, gpio in net.pins)]
