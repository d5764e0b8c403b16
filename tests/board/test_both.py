"""The board's code under both interpreters: each script in `both` runs unchanged under CPython and under MicroPython.

A script checks by itself, ends with "ok" and the number of its checks, and says its seed where it has one.
"""

from pathlib import Path

import pytest

import interpreters
from shoal.source import compile_module
from shoal.source.model import Module

HERE = Path(__file__).parent
BOTH = HERE / "both"
VECTORS = HERE.parent / "vectors"
HEAP_OF_A_PICO = 233_024
FRAMES_PROMISED = 1_000_000

PLAIN = ["check_parts", "check_codec", "check_store", "check_decoder", "check_peer"]
AGENT = ["check_agent_session", "check_agent_tasks", "check_agent_print", "check_agent_lossy"]


def run(interpreter, name, *arguments, **options):
    """Run a script; its checks must have been made."""
    printed = interpreters.run(interpreter, BOTH / f"{name}.py", *map(str, arguments), **options)
    verdict, _, count = printed.splitlines()[-1].partition(" ")
    assert verdict == "ok" and int(count) > 0, printed


@pytest.fixture
def shipped(interpreter, tmp_path):
    """The code of `shipped.py` as this interpreter loads it from a host."""
    source = HERE / "shipped.py"
    if interpreter == "cpython":
        return source
    code = tmp_path / "shipped.mpy"
    code.write_bytes(compile_module(Module("shipped", str(source), source.read_text(encoding="utf-8")), None))
    return code


def test_every_script_is_run():
    scripts = {path.stem for path in BOTH.glob("check_*.py")} | {path.stem for path in BOTH.glob("fuzz_*.py")}
    assert scripts == {*PLAIN, *AGENT, "check_vectors", "check_memory", "fuzz_decoder", "fuzz_reader"}


@pytest.mark.parametrize("name", PLAIN)
def test_plain(interpreter, name):
    run(interpreter, name)


@pytest.mark.parametrize("name", AGENT)
def test_agent(interpreter, name, shipped):
    run(interpreter, name, shipped)


def test_vectors(interpreter):
    run(interpreter, "check_vectors", VECTORS)


def test_memory_of_a_pico():
    why_not = interpreters.missing("micropython")
    if why_not:
        pytest.skip(why_not)
    run("micropython", "check_memory", heap=HEAP_OF_A_PICO)


@pytest.mark.parametrize("seed", [1, 2])
def test_some_random_messages(interpreter, seed):
    run(interpreter, "fuzz_decoder", 20_000, seed, heap=HEAP_OF_A_PICO)
    run(interpreter, "fuzz_reader", 5_000, seed, heap=HEAP_OF_A_PICO)


@pytest.mark.slow
def test_a_million_random_frames(interpreter):
    run(interpreter, "fuzz_decoder", FRAMES_PROMISED, 20250101, heap=HEAP_OF_A_PICO, timeout=300)


@pytest.mark.slow
def test_many_random_messages(interpreter):
    run(interpreter, "fuzz_reader", 200_000, 20250101, heap=HEAP_OF_A_PICO, timeout=300)
