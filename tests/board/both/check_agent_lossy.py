"""A board behind a link that loses, doubles, cuts and damages frames: every lump is answered once, rightly and in order.

Real milliseconds pass here, so the patience is short.
"""

import array
import random
import struct

from checks import check, done
from hosted import run
from pair import Wire

RESEND_MS = 3
SEEDS = (1, 2, 3)


def work(host):
    yield from host.hello(resend=RESEND_MS)
    host.reset(64, RESEND_MS)
    host.ship()
    host.bind(0, "same")
    host.bind(1, "double")
    host.bind(2, "flood")
    host.bind(3, "reuse")
    expected = []
    for number in range(40):
        lump = host.call(0, (("x" * 20 * number,), None), ((number,), None))
        expected.append((lump, ["x" * 20 * number, number]))
        if number % 5 == 0:
            numbers = array.array("i", range(number * 20))
            host.store(1000 + number, "i", bytes(numbers))
            lump = host.map(1, b"R" + struct.pack("<I", 1000 + number))
            expected.append((lump, [2 * item for item in numbers]))
        lump = host.call(3, ((2 * number + 2,), None))  # what is sent again must be what was sent first
        expected.append((lump, [bytearray([2 * number + 2]) + bytearray(299)]))
    lump = host.call(2, ((30, 50), None))
    expected.append((lump, ["done"]))
    while len(host.results) < len(expected):
        yield
    check([(result[0], result[4]) for result in host.results] == expected)
    check(not [error for result in host.results for error in result[5]])
    check("".join([text for _, text in host.printed]) == ("." * 50 + "\n") * 30)


for seed in SEEDS:
    random.seed(seed)
    try:
        run(work, Wire(lose=0.03, double=0.03, flip=0.0005, cut=0.01))
    except BaseException:
        print("seed", seed)
        raise
done()
