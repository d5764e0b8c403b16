"""Answers in fewer bytes: what a board makes of a result before it travels, and what is made of that where it arrives.

`squeeze` makes bytes of bytes, bytearrays and arrays "b", "B", "h" and "H"; `spread` makes of them what they were. Anything else
passes both as it is. Bytes that `squeeze` gives begin with the value's type:

    type                     the value follows as it was: y bytes, Y bytearray, else the array's type code
    type + 128, count u16    its items follow as tokens (items are read without their sign; the first stands behind a 0)

    0zzzzzzz                 an item that differs from the last one by z, zigzag: 1 is +1, 2 is -1, 3 is +2 ...
    10zzzzzz zzzzzzzz        the same with 14 bits, the high ones first
    110nnnnn                 the last item n + 1 times more
    1110nnnn nnnnnnnn        the same with 12 bits, the high ones first
    11110000 low high        an item as it is

Counts of a Mandelbrot row take about a tenth of their bytes in the whole set, a quarter in the thick of its edge. Tokens are used
only where they are fewer bytes than the value. docs/kernels.md has the figures.
"""

# mypy: ignore-errors
# (machine code: pointers and words)

from array import array
from typing import Any

from shoal import micropython
from shoal.micropython import ptr8, ptr32
from shoal.versions import versions

LONGEST = 65535  # items that are squeezed


@micropython.viper
def _tokens_viper(at: int, out: ptr8, items: ptr8, view: ptr32) -> int:
    here: int = 0
    item: int = 0
    last: int = 0
    run: int = 0
    size: int = view[1]
    end: int = view[0] * size
    room: int = view[2]
    while at < room:
        run = 0
        while here < end and run < 4096:
            item = items[here]
            if size == 2:
                item += items[here + 1] << 8
            if item != last:
                break
            run += 1
            here += size
        if run:
            run -= 1
            if run < 32:
                out[at] = 192 + run
            else:
                out[at] = 224 + (run >> 8)
                at += 1
                out[at] = run
        elif here < end:
            here += size
            run = item - last
            last = item
            run = 2 * run - 1 if run > 0 else 0 - 2 * run
            if run < 128:
                out[at] = run
            elif run < 16384:
                out[at] = 128 + (run >> 8)
                at += 1
                out[at] = run
            else:
                out[at] = 240
                out[at + 1] = item
                at += 2
                out[at] = item >> 8
        else:
            return at
        at += 1
    return 0


@versions(_tokens_viper)
def _tokens(at: int, out: bytearray, items: "bytes | array[int]", view: "array[int]") -> int:
    """Write the tokens of `items` to `out` from `at` on; gives where they end, 0 if that is not before view[2].

    `view`: items, bytes of an item, and the place from which no further token may begin.
    """
    count, size, room = view
    data = memoryview(items)
    mask = (1 << 8 * size) - 1
    last = place = 0
    while at < room:
        run = 0
        while place < count and run < 4096 and data[place] & mask == last:
            run += 1
            place += 1
        if run:
            run -= 1
            token = (192 + run,) if run < 32 else (224 + (run >> 8), run & 255)
        elif place < count:
            item = data[place] & mask
            place += 1
            step = 2 * (item - last) - 1 if item > last else 2 * (last - item)
            last = item
            token = (step,) if step < 128 else (128 + (step >> 8), step & 255) if step < 16384 else (240, item & 255, item >> 8)
        else:
            return at
        for byte in token:
            out[at] = byte
            at += 1
    return 0


@micropython.viper
def _items_viper(at: int, out: ptr8, data: ptr8, view: ptr32) -> int:
    size: int = view[2]
    to: int = 0
    end: int = view[1] * size
    item: int = 0
    run: int = 0
    while at < view[0] and to < end:
        run = data[at]
        at += 1
        if run < 128:
            item += (run + 1) >> 1 if run & 1 else 0 - (run >> 1)
            run = 1
        elif run < 192:
            run = (run & 63) << 8 | data[at]
            at += 1
            item += (run + 1) >> 1 if run & 1 else 0 - (run >> 1)
            run = 1
        elif run < 224:
            run -= 191
        elif run < 240:
            run = ((run & 15) << 8 | data[at]) + 1
            at += 1
        else:
            item = data[at] | data[at + 1] << 8
            at += 2
            run = 1
        run *= size
        if to + run > end:
            return 0
        run += to
        while to < run:
            out[to] = item
            if size == 2:
                out[to + 1] = item >> 8
            to += size
    return to if at == view[0] else 0


@versions(_items_viper)
def _items(at: int, out: bytearray, data: bytes, view: "array[int]") -> int:
    """Write the items that the tokens of `data` from `at` on stand for; gives how many bytes, 0 if the tokens are broken.

    `view`: the end of `data`, items, bytes of an item.
    """
    end, count, size = view
    item = to = 0
    while at < end and to < count * size:
        token = data[at]
        at += 1
        run = 1
        if token < 192:
            if token > 127:
                token = (token & 63) << 8 | data[at]
                at += 1
            item += (token + 1) >> 1 if token & 1 else -(token >> 1)
        elif token < 224:
            run = token - 191
        elif token < 240:
            run = ((token & 15) << 8 | data[at]) + 1
            at += 1
        else:
            item = data[at] | data[at + 1] << 8
            at += 2
        if to + run * size > count * size:
            return 0
        for _ in range(run):
            out[to] = item & 255
            if size == 2:
                out[to + 1] = item >> 8 & 255
            to += size
    return to if at == end else 0


def squeeze(value: Any) -> Any:
    """A buffer as bytes, fewer where it has runs and small steps; `spread` makes it again. Anything else as it is."""
    kind = type(value)
    size = 1
    if kind is bytes:
        code = 121
    elif kind is bytearray:
        code = 89
    elif kind is array:
        code = ord(repr(value[:0])[7])  # a board's array has no .typecode
        if code in b"hH":
            size = 2
        elif code not in b"bB":
            return value
    else:
        return value
    count = len(value)
    if 8 < count <= 65535:
        out = bytearray(count * size)
        end = _tokens(3, out, value, array("i", (count, size, count * size - 2)))
        if end:
            out[0] = code + 128
            out[1] = count & 255
            out[2] = count >> 8
            return bytes(memoryview(out)[:end])
    return bytes((code,)) + bytes(value)


def spread(data: Any) -> Any:
    """What `squeeze` was given. Raises ValueError for bytes that it did not make."""
    if type(data) is not bytes:
        return data
    code = data[0] & 127 if data else 0
    if chr(code) not in "yYbBhH":
        raise ValueError("squeezed bytes begin with the type of what they were")
    items = data[1:]
    if data[0] > 127:
        size = 2 if code in b"hH" else 1
        count = data[1] + (data[2] << 8)
        items = bytearray(count * size)
        # Two bytes more, so that a token that is cut short reads nothing foreign.
        if _items(3, items, data + bytes(2), array("i", (len(data), count, size))) != count * size:
            raise ValueError("squeezed bytes are cut short or broken")
    if code == 121:
        return bytes(items)
    return bytearray(items) if code == 89 else array(chr(code), bytes(items))
