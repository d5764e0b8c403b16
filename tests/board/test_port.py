"""The pipe port moves whole blocks, however they are cut on the way, and tells the end of the stream."""

import subprocess
import threading
import time
from pathlib import Path

import pytest

import interpreters

SCRIPT = Path(__file__).parent / "both" / "echo.py"


@pytest.fixture
def start(interpreter):
    """Start the script with block sizes; it is ended afterwards whatever happens."""
    started = []

    def begin(*sizes):
        process = subprocess.Popen(
            [*interpreters.command(interpreter, SCRIPT, 1 << 20), *map(str, sizes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=interpreters.environment(),
            bufsize=0,
        )
        started.append(process)
        assert process.stdout.read(3) == b"no "
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_blocks_are_whole_however_they_are_cut(start):
    process = start(1, 12, 300, 70000)
    data = bytes(range(251)) * (3 * (1 + 12 + 300 + 70000) // 251 + 1)
    data = data[: 3 * (1 + 12 + 300 + 70000)]
    got = bytearray()
    reader = threading.Thread(target=lambda: got.extend(process.stdout.read()))
    reader.start()
    at = 0
    for size in (1, 5, 7, 100, 4096, len(data)):
        process.stdin.write(data[at : at + size])
        at += size
        time.sleep(0.01)  # so that the pieces arrive one by one
    process.stdin.close()
    reader.join(30)
    assert bytes(got) == b"yes" + data
    assert process.wait(30) == 0


def test_the_end_within_a_block_is_the_end(start):
    process = start(10)
    process.stdin.write(b"0123456789half")
    assert process.stdout.read(3) == b"yes"
    assert process.stdout.read(10) == b"0123456789"
    process.stdin.close()
    assert process.wait(30) == 0
    assert process.stdout.read() == b""
