"""A traceback from a board reads as if the code had run here."""

import traceback
from itertools import pairwise

import pytest
from cases import failing
from on_board import load_python, run_micropython

from shoal.source import map_traceback, pack

FILE = failing.__file__
EXPECTED = [
    (failing.entry, 4, "ZeroDivisionError"),
    (failing.entry, 200, "AssertionError"),
    (failing.fast, 0, "ZeroDivisionError"),
    (failing.closure, 0, "ZeroDivisionError"),
]


def modules_of(shipment):
    return {module.name: module for module in shipment.modules}


def host_frames(function, argument):
    """(line, function name, source line) of the frames in the case file when the call runs here."""
    with pytest.raises(Exception) as caught:
        function(argument)
    frames = traceback.extract_tb(caught.value.__traceback__)
    return [(frame.lineno, frame.name, frame.line) for frame in frames if frame.filename == FILE]


def mapped_frames(text):
    lines = text.splitlines()
    frames = []
    for line, following in pairwise(lines):
        if FILE in line:
            number, name = line.split(", line ")[1].split(", in ")
            frames.append((int(number), name, following.strip()))
    return frames


@pytest.mark.parametrize("arch", ["x64", "bytecode-only"])
@pytest.mark.parametrize(("function", "argument", "error"), EXPECTED)
def test_from_micropython(function, argument, error, arch, tmp_path):
    shipment = pack(function)
    name = shipment.modules[-1].name
    script = (
        f"import {name}\ntry:\n    {name}.{shipment.function}({argument!r})\n"
        "except Exception as error:\n    sys.print_exception(error)\n"
    )
    printed = run_micropython(tmp_path, script, shipment, arch=arch)
    mapped = map_traceback(printed, modules_of(shipment))
    expected = host_frames(function, argument)
    if arch == "x64":
        expected = [frame for frame in expected if frame[1] != "fast"]  # machine code has no frames
    assert mapped_frames(mapped) == expected
    assert error in mapped.splitlines()[-1]


@pytest.mark.parametrize(("function", "argument", "error"), EXPECTED)
def test_from_cpython(function, argument, error):
    shipment = pack(function)
    with pytest.raises(Exception) as caught:
        load_python(shipment)(argument)
    printed = "".join(traceback.format_exception(caught.value))
    mapped = map_traceback(printed, modules_of(shipment))
    assert mapped_frames(mapped) == host_frames(function, argument)
    assert error in mapped.splitlines()[-1]


def test_frames_of_the_agent_are_dropped():
    text = (
        "Traceback (most recent call last):\n"
        '  File "shoal_board/agent.py", line 41, in run\n'
        '  File "/lib/shoal_board/ports/pipe.py", line 7, in loop\n'
        "    self.step()\n"
        "    ^^^^^^^^^^^\n"
        '  File "json.py", line 3, in loads\n'
        "ValueError: syntax error in JSON\n"
    )
    assert map_traceback(text, {}) == (
        "Traceback (most recent call last):\n"
        '  File "json.py", line 3, in loads\n'
        "ValueError: syntax error in JSON\n"
    )
