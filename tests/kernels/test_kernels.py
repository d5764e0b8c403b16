"""Every version of every kernel gives what its independent model gives."""

from array import array

import models
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shoal import kernels
from shoal.kernels.table import TABLE
from shoal.source import compile_module, pack

FEW = settings(
    max_examples=25, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
COORDINATE = st.integers(-(2**28), 2**28)
SHORT = st.integers(-(2**15), 2**15 - 1)


@st.composite
def tiles(draw, border=2):
    width, height = draw(st.integers(1 + border, 9)), draw(st.integers(1 + border, 9))
    pixel = st.integers(0, 255) | st.sampled_from((0, 255))
    return bytes(draw(st.lists(pixel, min_size=width * height, max_size=width * height))), width


@st.composite
def rows(draw, one):
    """(imaginary, left, step, width): a row within -4 to 4."""
    width = draw(st.integers(1, 12))
    step = draw(st.integers(-one // 8, one // 8) | st.integers(-9, 9))
    left = draw(st.integers(-2 * one, 2 * one))
    imaginary = draw(st.integers(-2 * one, 2 * one) | st.integers(-4 * one, 4 * one))
    return imaginary, left, step, width


@FEW
@given(rows(2**26), st.integers(1, 255) | st.integers(254, 700))
def test_mandelbrot_row(port, row, limit):
    expected = models.mandelbrot_row(*row, limit)
    assert kernels.mandelbrot_row(*row, limit) == (bytes(expected) if limit < 256 else array("H", expected))
    assert port.call(kernels.mandelbrot_row, *row, limit) == (bytes(expected) if limit < 256 else ("array", expected))


@FEW
@given(rows(2**56), st.integers(1, 40) | st.integers(200, 260))
def test_deep_row(port, row, limit):
    expected = models.deep_row(*row, limit)
    assert list(kernels.deep_row(*row, limit)) == expected
    assert port.call(kernels.deep_row, *row, limit) == ("array", expected)


def test_deep_row_sees_what_q26_cannot(port):
    imaginary, left = kernels.q56(0.13182590420531198), kernels.q56(-0.743643887037151)
    row = imaginary, left, 1 << 20, 8, 2000  # pixels 1.5e-11 apart
    expected = models.deep_row(*row)
    assert len(set(expected)) > 1
    assert port.call(kernels.deep_row, *row) == ("array", expected)
    shallow = kernels.mandelbrot_row(imaginary >> 30, left >> 30, 0, 8, 255)
    assert len(set(shallow)) == 1


@FEW
@given(st.integers(-(2**40), 2**40), st.integers(0, 300))
def test_pi_hits(port, seed, points):
    expected = models.pi_hits(seed, points)
    assert kernels.pi_hits(seed, points) == expected
    assert port.call(kernels.pi_hits, seed, points) == expected


def test_pi_hits_are_about_pi(port):
    points = 20_000
    estimate = 4 * sum(port.call(kernels.pi_hits, seed, points) for seed in range(5)) / (5 * points)
    assert abs(estimate - 3.14159) < 0.03  # 5.8 standard deviations; the seeds are fixed


@FEW
@given(st.integers(0, 3000) | st.integers(2**30 - 4000, 2**30 - 300), st.integers(0, 300))
def test_primes(port, start, count):
    flags = bytes(map(models.is_prime, range(start, start + count)))
    assert kernels.prime_flags(start, count) == flags
    assert port.call(kernels.prime_flags, start, count) == flags
    assert port.call(kernels.count_primes, start, count) == sum(flags)


@FEW
@given(tiles(border=0), st.integers(-3, 260))
def test_threshold(port, tile, level):
    pixels, _ = tile
    expected = bytes(255 if pixel >= level else 0 for pixel in pixels)
    assert kernels.threshold(pixels, level) == expected
    assert port.call(kernels.threshold, pixels, level) == expected


@FEW
@given(tiles())
def test_sobel(port, tile):
    expected = models.sobel(*tile)
    assert kernels.sobel(*tile) == expected
    assert port.call(kernels.sobel, *tile) == expected


@FEW
@given(
    tiles(),
    st.lists(st.integers(-5, 5) | st.integers(-100000, 100000), min_size=9, max_size=9),
    st.integers(0, 30),
)
def test_convolve(port, tile, weights, shift):
    expected = models.convolve(*tile, weights, shift)
    assert kernels.convolve(*tile, weights, shift) == expected
    assert port.call(kernels.convolve, *tile, tuple(weights), shift) == expected


@FEW
@given(st.lists(st.tuples(SHORT, SHORT), max_size=40))
def test_dot(port, pairs):
    a, b = array("h", [x for x, _ in pairs]), array("h", [y for _, y in pairs])
    expected = sum(x * y for x, y in pairs)
    assert kernels.dot(a, b) == expected
    assert port.call(kernels.dot, a, b) == expected


@pytest.mark.parametrize("item", [-(2**15), 2**15 - 1])
def test_dot_of_many(item):
    a = array("h", [item]) * 70_001
    assert kernels.dot(a, a) == item * item * 70_001


@FEW
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.data())
def test_matmul(port, height, inner, width, data):
    a = array("h", data.draw(st.lists(SHORT, min_size=height * inner, max_size=height * inner)))
    b = array("h", data.draw(st.lists(SHORT, min_size=width * inner, max_size=width * inner)))
    expected = models.matmul(a, b, inner)
    assert kernels.matmul(a, b, inner) == expected
    assert port.call(kernels.matmul, a, b, inner) == expected


@FEW
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.data())
def test_floats(port, height, inner, width, data):
    """Halves of small whole numbers: their sums are exact in 32 bits and in 64."""
    number = st.integers(-512, 512).map(lambda n: n / 2)
    a = array("f", data.draw(st.lists(number, min_size=height * inner, max_size=height * inner)))
    b = array("f", data.draw(st.lists(number, min_size=width * inner, max_size=width * inner)))
    expected = [float(value) for value in models.matmul(a, b, inner)]
    assert list(kernels.matmul_float(a, b, inner)) == expected
    assert port.call(kernels.matmul_float, a, b, inner) == ("array", expected)
    assert port.call(kernels.dot_float, a[:inner], b[:inner]) == kernels.dot_float(a[:inner], b[:inner])


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (kernels.mandelbrot_row, (0, 0, 1, 10, 65536), "limit is 1 to 65535"),
        (kernels.mandelbrot_row, (0, 0, 1, -1, 9), "width 0 or more"),
        (kernels.mandelbrot_row, (2**28 + 1,), "between -4 and 4"),
        (kernels.mandelbrot_row, (0, 2**28, 1), "between -4 and 4"),
        (kernels.deep_row, (0, 0, 1 << 56, 6), "between -4 and 4"),
        (kernels.deep_row, (0, 0, 1, 6, 65536), "limit is 1 to 65535"),
        (kernels.pi_hits, (1, -1), "points is 0"),
        (kernels.prime_flags, (-1,), "0 or more"),
        (kernels.prime_flags, (2**30, 1), "below"),
        (kernels.sobel, (b"12345678", 3), "3 by 3"),
        (kernels.sobel, (b"123456", 3), "3 by 3"),
        (kernels.convolve, (b"123456789", 3, (1, 2)), "nine whole weights"),
        (kernels.convolve, (b"123456789", 2, (1,) * 9), "3 by 3"),
        (kernels.convolve, (b"123456789", 3, (1,) * 9, 31), "shift of 0 to 30"),
        (kernels.dot, (array("h", [1]), array("h")), "different lengths"),
        (kernels.matmul, (array("h", [1, 2, 3]), array("h", [1, 2]), 2), "`inner` items"),
    ],
)
def test_refusals_are_the_same_everywhere(port, function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
    with pytest.raises(RuntimeError, match=f"ValueError: .*{message}"):
        port.call(function, *arguments)


@pytest.mark.parametrize("arch", ["armv6m", "armv7emsp", "xtensawin", "rv32imc"])
def test_kernels_compile_for_every_board_and_keep_its_memory_free(arch):
    for kernel in TABLE:
        code = sum(len(compile_module(module, arch)) for module in pack(kernel.function).modules)
        assert code < 3500, (kernel.name, code)


def test_the_table_says_how_much_work_a_call_is():
    """Points of the two rows never escape, so every pixel takes all its steps."""
    work = {kernel.name: kernel.units for kernel in TABLE}
    for kernel in TABLE[:2]:
        assert sum(kernel.function(*kernel.arguments)) == work[kernel.name]
    assert {"pi_hits", "sobel", "dot", "matmul", "prime_flags", "convolve", "threshold", "dot_float"} < work.keys()


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (kernels.mandelbrot_row, (0.5,), "use q26"),
        (kernels.mandelbrot_row, (0, -2.0, 1), "use q26"),
        (kernels.deep_row, (0, 0, 0.1), "use q56"),
        (kernels.dot, (array("i", [1]), array("i", [1])), "arrays of type 'h'"),
        (kernels.dot, (array("h", [1]), array("H", [1])), "arrays of type 'h'"),
        (kernels.dot, ([1], [1]), "arrays of type 'h'"),
        (kernels.matmul, (array("b", [1]), array("h", [1]), 1), "arrays of type 'h'"),
    ],
)
def test_wrong_types_are_errors_and_not_wrong_answers(port, function, arguments, message):
    with pytest.raises(TypeError, match=message):
        function(*arguments)
    with pytest.raises(RuntimeError, match=f"TypeError: .*{message}"):
        port.call(function, *arguments)


def test_tiles_of_other_kinds(port):
    pixels = bytes(range(0, 250, 10))
    for tile in (bytearray(pixels), array("B", pixels), list(pixels), tuple(pixels)):
        assert kernels.sobel(tile, 5) == port.call(kernels.sobel, tile, 5) == kernels.sobel(pixels, 5)
        assert port.call(kernels.threshold, tile, 100) == kernels.threshold(pixels, 100)


def test_fixed_point_numbers():
    assert kernels.q26(-0.75) == -3 << 24
    assert kernels.q56(-0.75) == -3 << 54
    with pytest.raises(OverflowError, match="from -32 to 32"):
        kernels.q26(32)
    with pytest.raises(OverflowError, match="from -128 to 128"):
        kernels.q56(-129)
