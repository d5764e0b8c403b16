"""The words for something unknown: what is known, and what was probably meant."""

import difflib
from collections.abc import Iterable


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """ "unknown board 'picco' (did you mean 'pico'?); known: pico, picow"."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return f"unknown {what} '{word}'{hint}; known: {', '.join(names)}"
