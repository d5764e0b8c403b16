"""Part: what is wrong with a bus, in one sentence each, with the likely cause first to look for. Codes: `mailbox`.

Causes are those of the catalogue (faults.toml: i2c_error, i2c_symptom).
"""

from .mailbox import (
    BROKEN,
    CLASHED,
    FULL,
    MENDED,
    NO_CONTROLLER,
    NO_MEMORY,
    NO_PULLUPS,
    NOBODY,
    NOISY,
    REBOOTED,
    RELEASED,
    SILENT,
    STUCK_LINE,
    STUCK_SCL,
    STUCK_SDA,
    TOO_FAST,
    TWO_CONTROLLERS,
    TWO_ON_ADDRESS,
    WEAK_PULLUPS,
    YIELDED,
)

REASONS = {
    SILENT: "does not answer any more: unplugged, without power, or stopped",
    REBOOTED: "was reset and began anew",
    RELEASED: "had heard nothing of the controller for some time and gave up its address",
    CLASHED: "shared its address with another board",
    YIELDED: "was left to another controller",
    BROKEN: "answered nonsense for too long, and was asked to begin anew",
}

_SENTENCES = {
    STUCK_SDA: "SDA is held low: a short circuit, a board that hangs in the middle of a transfer, or one without power",
    STUCK_SCL: "SCL is held low: a short circuit, a board that hangs while it stretches the clock, or one without power",
    STUCK_LINE: "line %s of the GPIO bus is held low: a short circuit, or a board that hangs; reset the boards one after the"
    " other to find it",
    NO_PULLUPS: "SDA or SCL has no pull-up: put one resistor of 2.2 to 4.7 kOhm between each of them and 3.3 V (those inside the"
    " boards are too weak)",
    WEAK_PULLUPS: "SDA and SCL rise too slowly (the clock does %s kHz): pull-ups are missing, or too weak for so many boards and"
    " such long wires; use 2.2 kOhm at each line, or a lower frequency",
    TOO_FAST: "%s Hz were asked of the bus, but these boards do 1 MHz at most (they have no high-speed mode): it runs at 1 MHz",
    TWO_ON_ADDRESS: "two boards answer at address %s, so that neither is understood: one was away and came back, or hangs;"
    " both were asked to begin anew, and if this is said again, reset them",
    TWO_CONTROLLERS: "there is another controller on this bus: the role pin of more than one board is at ground; let that be so"
    " on one of them, and reset the other",
    NO_CONTROLLER: "no controller has spoken on the bus: the role pin of one board must be at ground when it starts, and SDA,"
    " SCL and ground must join all boards",
    NOBODY: "no processor answers on the bus: boards without power or without a program, SDA and SCL swapped or not joined, or"
    " no common ground",
    NOISY: "more than a tenth of what is read on the bus is damaged: wires too long, pull-ups too weak, frequency too high",
    FULL: "there are more boards on the bus than the %s that it can serve: the others wait",
    NO_MEMORY: "the controller has no memory left for another board",
}
_LINES = ("d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "dav", "nrfd", "ndac", "atn")


def sentence(code, detail):
    """What happened, and where to look. `detail`: as `events.trouble` has it; or as text."""
    try:
        detail = int(detail)
    except (TypeError, ValueError):
        detail = 0
    if code == MENDED:
        over = _SENTENCES.get(detail, "trouble with the bus").replace("address %s", "one address").replace("line %s", "a line")
        return "this is over: " + over.replace(" the %s that", "").split(":")[0].split(",")[0].split(" (")[0]
    text = _SENTENCES.get(code)
    if text is None:
        return "something is wrong with the bus (code %s)" % code
    if code == STUCK_SDA or code == STUCK_SCL:
        return text if not detail else text[:12] + "high: a short circuit to 3.3 V, or a pin of a board that drives it"
    if code == STUCK_LINE:
        return text % (_LINES[detail] if 0 <= detail < len(_LINES) else detail)
    if code == TWO_ON_ADDRESS:
        return text % ("0x%02x" % detail)
    return text % detail if "%s" in text else text
