"""Parts of the agent that are seldom needed: loaded when they are, and let go again when they were not used for a while.

A board keeps heap for the agent's daily work only. What a greeting, an import, an error, a printed line or a rare type of value
needs is in modules of its own, which `part` loads: from the flash of a board that was adopted. An agent that runs from RAM has
nothing to load them from later, so it loads all of `NAMES` at its start and keeps them.
"""

import sys

NAMES = "session modules values store text trouble"

loaded = {}  # name -> [module, whether it was used since the last `tidy`]; "" -> None: all are kept for ever


def part(name):
    """The module of that name, to be used now and not kept."""
    entry = loaded.get(name)
    if entry is None:
        entry = loaded[name] = [__import__("shoal_board." + name, None, None, (name,)), True]
    entry[1] = True
    return entry[0]


def load(name):
    """A module that not every board needs, to be kept."""
    module = part(name)
    loaded.pop(name, None)
    return module


def tidy():
    """Let go of the parts that were not used since the last call."""
    for name, entry in () if "" in loaded else list(loaded.items()):
        if not entry[1]:
            del loaded[name]
            del sys.modules["shoal_board." + name]
            delattr(sys.modules["shoal_board"], name)
        entry[1] = False
