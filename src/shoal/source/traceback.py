"""Rewrite a board's traceback: frames of shipped modules show host file, line and source; the agent's go.

MicroPython keeps no frames of machine code: `native` and `viper` functions are missing between their callers and
what they call.
"""

import linecache
import re
from collections.abc import Iterator, Mapping

from shoal.source.model import Module

FRAME = re.compile(r'^(\s*)File "([^"]*)", line (\d+)(?:, in (.*))?$')
AGENT = re.compile(r"(^|[/\\])shoal_board[/\\.]")


def map_traceback(text: str, modules: Mapping[str, Module]) -> str:
    """The traceback as if the code had run here; `modules` by board name. For MicroPython and CPython."""
    return "\n".join(_mapped(text.splitlines(), modules)) + ("\n" if text.endswith("\n") else "")


def _mapped(lines: list[str], modules: Mapping[str, Module]) -> Iterator[str]:
    hidden = False  # inside the lines that belong to a frame that was dropped or rewritten
    for line in lines:
        frame = FRAME.match(line)
        if frame is None:
            if hidden and line.startswith("    "):
                continue
            hidden = False
            yield line
            continue
        margin, filename, number, function = frame.groups()
        module = modules.get(_stem(filename))
        hidden = module is not None or AGENT.search(filename) is not None
        if module is not None:
            yield f'{margin}File "{module.filename}", line {number}' + (
                f", in {function}" if function else ""
            )
            source = linecache.getline(module.filename, int(number)).strip()
            if source:
                yield f"{margin}  {source}"
        elif not hidden:
            yield line


def _stem(filename: str) -> str:
    name = re.split(r"[/\\]", filename)[-1]
    return name.partition(".")[0]
