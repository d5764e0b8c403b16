"""Squeezed answers: what comes back is what was put in, the same bytes from every version, and fewer where there are runs."""

from array import array
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from words import run_viper

from shoal import kernels, squeeze
from shoal.demos import colours, deeptiles, tiles

FEW = settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
ONE = 1 << 56


@st.composite
def buffers(draw, longest=300):
    """Buffers as functions return them: a long run perhaps, then runs, small steps, large steps, noise."""
    code = draw(st.sampled_from("yYbBhH"))
    low, high = {"b": (-128, 127), "h": (-(2**15), 2**15 - 1), "H": (0, 2**16 - 1)}.get(code, (0, 255))
    item = st.integers(low, high)
    values = [draw(item)] * draw(st.integers(0, 9) | st.integers(longest - 9, longest))
    for _ in range(draw(st.integers(0, 6))):
        first = draw(item)
        if draw(st.booleans()):
            values += [first] * draw(st.integers(1, 70))
        else:
            steps = draw(st.lists(st.integers(-3, 3) | st.integers(-9000, 9000), max_size=30))
            values += [min(high, max(low, first + step)) for step in steps]
    return bytes(values) if code == "y" else bytearray(values) if code == "Y" else array(code, values)


def told(value):
    if isinstance(value, bytearray):
        return "bytearray", bytes(value)
    return ("array", list(value)) if isinstance(value, array) else value


@FEW
@given(buffers())
def test_what_is_squeezed_comes_back(port, value):
    data = squeeze.squeeze(value)
    assert type(data) is bytes
    assert len(data) <= 1 + len(bytes(value))
    assert port.call(squeeze.squeeze, value) == data
    back = squeeze.spread(data)
    assert back == value and type(back) is type(value)
    assert port.call(squeeze.spread, data) == told(value)


@FEW
@given(buffers(longest=4099), st.integers(0, 9))  # one token says 4096 at most
def test_machine_code_with_words_of_32_bits_writes_the_same_tokens(value, less):
    size = value.itemsize if isinstance(value, array) else 1
    view = array("i", (len(value), size, max(0, len(value) * size - less)))
    outs = [bytearray(len(value) * size + 4) for _ in range(2)]
    ends = squeeze._tokens(0, outs[0], value, view), int(run_viper(squeeze._tokens_viper, 0, outs[1], bytes(value), view))
    assert ends[0] == ends[1]
    if ends[0]:
        assert outs[0] == outs[1]
        items = [bytearray(len(value) * size) for _ in range(2)]
        back = array("i", (ends[0], len(value), size))
        assert squeeze._items(0, items[0], bytes(outs[0]), back) == len(value) * size
        assert run_viper(squeeze._items_viper, 0, items[1], bytes(outs[0]), back) == len(value) * size
        assert items[0] == items[1] == bytearray(bytes(value))


@FEW
@given(st.binary(max_size=40), st.sampled_from(b"yYbBhH"), st.integers(0, 300))
def test_bytes_that_nobody_squeezed_are_refused_or_are_something(port, rest, code, count):
    data = bytes((code + 128, count & 255, count >> 8)) + rest
    try:
        value = squeeze.spread(data)
    except ValueError:
        with pytest.raises(RuntimeError, match="ValueError"):
            port.call(squeeze.spread, data)
    else:
        assert len(value) == count
        assert port.call(squeeze.spread, data) == told(value)


@pytest.mark.parametrize("value", [None, 5, "text", [1, 2], array("i", [1, 2]), array("f", [0.5]), (b"bytes",)])
def test_other_values_pass_as_they_are(value):
    assert squeeze.squeeze(value) is value
    assert squeeze.spread(value) is value


def test_a_long_buffer_and_noise_stay_as_they_are_but_for_their_type():
    noise = bytes((n * n * 7919 >> 5) & 255 for n in range(1000))
    for value in (bytes(squeeze.LONGEST + 1), noise, b"", b"12345678"):
        assert squeeze.squeeze(value) == b"y" + value


def test_nothing_squeezed_is_no_answer_of_squeeze():
    for data in (b"", b"?abc"):
        with pytest.raises(ValueError, match="begin with the type"):
            squeeze.spread(data)


def test_a_mandelbrot_row_takes_a_fraction_of_its_bytes():
    rows = [kernels.mandelbrot_row(y << 20, -2 << 26, 629146, 320, 300) for y in range(-80, 80, 8)]
    assert sum(len(squeeze.squeeze(row)) for row in rows) < sum(len(bytes(row)) for row in rows) / 5


TILES = [
    (tiles.tile, (-2 << 26, -1 << 25, 5 << 17, 24, 3, 300)),
    (tiles.tile, (-2 << 26, -1 << 25, 5 << 17, 24, 3, 100)),
    (deeptiles.deep_tile, (int(Fraction("-0.743643887") * ONE), int(Fraction("0.131825904") * ONE), 1 << 20, 6, 2, 300)),
    (deeptiles.deep_tile, (int(Fraction("-0.743643887") * ONE), int(Fraction("0.131825904") * ONE), 1 << 20, 6, 2, 200)),
]


@pytest.mark.parametrize(("function", "arguments"), TILES)
def test_tiles_are_rows_squeezed_and_become_colours(port, function, arguments):
    left, top, step, width, height, limit = arguments
    data = function(*arguments)
    assert port.call(function, *arguments) == data
    row = kernels.mandelbrot_row if function is tiles.tile else kernels.deep_row
    counts = [list(row(top + y * step, left, step, width, limit)) for y in range(height)]
    points = [count for row in counts for count in row]
    assert list(squeeze.spread(data)) == points
    table = colours.palette()
    assert port.call(colours.palette) == ("array", list(table))
    expected = [0 if count == limit else table[4 + count % 256] for count in points]
    for packed in (data, (b"y" if limit < 256 else b"H") + bytes(squeeze.spread(data))):
        pixels = array("H", bytes(2 * len(points)))
        colours.paint(packed, len(points), limit, table, pixels)
        assert list(pixels) == expected
        assert port.call(colours.paint, packed, len(points), limit, table, pixels) == ("array", expected)
        viper = array("H", bytes(2 * len(points)))
        assert run_viper(colours._paint_viper, 3 if packed[0] > 127 else 1, viper, packed, table) == len(points)
        assert viper == pixels
    with pytest.raises(ValueError, match="no tile"):
        colours.paint(data, len(points) - 1, limit, table, pixels)


def test_plain_tiles_hold_the_same_counts():
    arguments = TILES[0][1]
    assert tiles.plain_tile(*arguments) == b"H" + bytes(squeeze.spread(tiles.tile(*arguments)))


def test_deeper_than_64_bit_fixed_point_is_refused():
    with pytest.raises(ValueError, match="too deep"):
        deeptiles.deep_tile(0, 0, 63, 4, 1, 100)
    assert deeptiles.deep_tile(0, 0, 64, 4, 1, 100)
