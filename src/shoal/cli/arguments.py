"""What verbs of `shoal` take: an argument, and the types that they read. A type says what is wrong with a text."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shoal import spec

PACED = f"{spec.DEFAULT}?pace=real"
MOST_POINTS = 4000  # a side of the demo's picture: one row is then 8 KB on a board
MOST_STEPS = 65535  # the row is an array("H")
MOST_OF_A_KIND = 100_000  # boards, gateways or computers of a prediction


@dataclass(frozen=True)
class Argument:
    """One argument of a verb: its names, and what argparse is told about it."""

    names: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


def option(*names: str, **settings: Any) -> Argument:
    return Argument(names, settings)


def on(default: str = spec.DEFAULT) -> Argument:
    text = f"the cluster; default: ${spec.ENVIRONMENT_NAME}, else ./{spec.FILE_NAME}, else {default}"
    return option("--on", metavar="SPEC", help=text)


def as_json(what: str) -> Argument:
    return option("--json", action="store_true", help=f"print only {what}, as JSON, on standard output")


def size(text: str) -> tuple[int, int]:
    """ "160x120" as (160, 120)."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 160x120")
    size = int(width), int(height)
    if not all(1 <= side <= MOST_POINTS for side in size):
        raise argparse.ArgumentTypeError(f"{text}: width and height are from 1 to {MOST_POINTS}")
    return size


def frequency(text: str) -> int:
    """ "100k" as 100000."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", text, re.ASCII)
    hertz = 0 if match is None else round(float(match[1]) * {"": 1, "k": 1000, "M": 1_000_000}[match[2]])
    if not 1000 <= hertz <= 100_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a frequency from 1k to 100M, such as 100k or 3.4M")
    return hertz


def pullups(text: str) -> str | float:
    """ "none", or ohms: "2200" or "2.2k"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(k?)", text, re.ASCII)
    if text == "none":
        return text
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a resistor: none, or ohms such as 2200 or 4.7k")
    return float(match[1]) * (1000 if match[2] else 1)


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def noise(text: str) -> float:
    try:
        noise = float(text)
    except ValueError:
        noise = -1.0
    if not 0 <= noise <= 0.1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a probability from 0 to 0.1, such as 1e-4")
    return noise


def limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps from 1 to {MOST_STEPS}")
    return int(text)


def count(text: str) -> int:
    """ "8" as 8."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST_OF_A_KIND:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_OF_A_KIND}")
    return int(text)
