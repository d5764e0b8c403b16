"""Viper and assembler versions with the 32-bit words of real boards, against the plain versions."""

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kernels import SHORT, rows, tiles
from words import Thumb, run_viper

from shoal.kernels import deep, image, linear, mandelbrot, montecarlo, primes

FEW = settings(max_examples=25, deadline=None, print_blob=True)
ROW = Thumb(mandelbrot._row_thumb)
HITS = Thumb(montecarlo._hits_thumb)


@FEW
@given(rows(2**26), st.integers(1, 60) | st.integers(250, 300), st.sampled_from((1, 2)))
def test_mandelbrot(row, limit, size):
    imaginary, left, step, width = row
    view = array("i", (left, imaginary, step, width, min(limit, 255) if size == 1 else limit, size))
    outs = [bytearray(width * size + 1) for _ in range(3)]
    mandelbrot._row(0, 0, outs[0], view)
    run_viper(mandelbrot._row_viper, 0, 0, outs[1], view)
    ROW.run(0, 0, outs[2], view)
    assert outs[0] == outs[1] == outs[2]


def test_mandelbrot_of_no_pixels_and_of_the_corners():
    view = array("i", (0, 0, 0, 0, 9, 1))
    ROW.run(0, 0, bytearray(1), view)
    run_viper(mandelbrot._row_viper, 0, 0, bytearray(1), view)
    for left in (-(2**28), 2**28):  # |c|**2 = 32: where the sum of squares comes closest to 2**32
        view = array("i", (left, -(2**28), 0, 2, 255, 1))
        outs = [bytearray(3) for _ in range(3)]
        mandelbrot._row(0, 0, outs[0], view)
        run_viper(mandelbrot._row_viper, 0, 0, outs[1], view)
        ROW.run(0, 0, outs[2], view)
        assert outs[0] == outs[1] == outs[2] == bytes(3)


@FEW
@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 200))
def test_pi(state, points):
    given_state = array("i", (state, points))
    expected = montecarlo._hits(0, 0, 0, given_state)
    assert run_viper(montecarlo._hits_viper, 0, 0, 0, given_state) == expected
    assert HITS.run(0, 0, 0, given_state) == expected


@settings(FEW, max_examples=10)
@given(rows(2**56), st.integers(1, 12))
def test_deep(row, limit):
    calls = []
    plain, deep._row = deep._row, lambda *args: calls.append(args)
    try:
        deep.deep_row(row[0], row[1], row[2], row[3], limit)
    finally:
        deep._row = plain
    (_, _, words, out) = calls[0]
    answers = []
    for run in (plain, *runs_of(deep, "_row")[1:]):
        answers.append(array("H", out))
        run(0, 0, array("i", words), answers[-1])
    assert answers[0] == answers[1] == answers[2]


@FEW
@given(st.integers(0, 3000) | st.integers(2**30 - 4000, 2**30 - 300), st.integers(0, 200))
def test_primes(start, count):
    outs = bytearray(count), bytearray(count)
    primes._cross(0, 0, count, outs[0], start)
    run_viper(primes._cross_viper, 0, 0, count, outs[1], start)
    assert outs[0] == outs[1]


def runs_of(module, name):
    """The three versions of a kernel as functions of the same arguments."""
    viper = getattr(module, f"{name}_viper")
    return getattr(module, name), lambda *args: run_viper(viper, *args), Thumb(getattr(module, f"{name}_thumb")).run


@FEW
@given(tiles(), st.lists(st.sampled_from((-100000, -1, 0, 3, 100000)), min_size=9, max_size=9), st.integers(0, 30))
def test_images(tile, weights, shift):
    pixels, width = tile
    height = len(pixels) // width - 2
    for name, view in (("_sobel", (width, height)), ("_convolve", (*weights, shift, width, height))):
        outs = []
        for run in runs_of(image, name):
            outs.append(bytearray((width - 2) * height))
            run(0, outs[-1], pixels, array("i", view))
        assert outs[0] == outs[1] == outs[2]


@FEW
@given(tiles(border=0), st.integers(0, 256))
def test_threshold(tile, level):
    pixels, _ = tile
    outs = []
    for run in runs_of(image, "_threshold"):
        outs.append(bytearray(len(pixels)))
        run(0, outs[-1], pixels, array("i", (len(pixels), level)))
    assert outs[0] == outs[1] == outs[2]


def test_threshold_of_nothing():
    for run in runs_of(image, "_threshold"):
        run(0, bytearray(), b"", array("i", (0, 0)))


@FEW
@given(st.lists(st.tuples(SHORT, SHORT), max_size=40), st.integers(1, 3))
def test_dot(pairs, far):
    a = array("h", [x for x, _ in pairs])
    b = array("h", [y for _, y in pairs for _ in range(far)])
    for run in runs_of(linear, "_dot"):
        sums = array("i", (0, 0, 0, 0, far, len(pairs)))
        run(0, a, b, sums)
        assert (sums[1] << 15) + sums[0] == sum(x * y for x, y in pairs)


@pytest.mark.parametrize(("item", "other"), [(-1, 1), (-(2**15), -(2**15))])
def test_the_last_of_as_many_products_as_go_into_one_sum(item, other):
    """Those before them, 32,768 less 256, are in the low sum already, at their largest."""
    a, b = array("h", [item]) * 256, array("h", [other]) * 256
    low = (32768 - 256) * 32767
    for run in runs_of(linear, "_dot"):
        sums = array("i", (0, 0, 0, 0, 1, 256))
        run(low, a, b, sums)
        assert (sums[1] << 15) + sums[0] == low + item * other * 256
