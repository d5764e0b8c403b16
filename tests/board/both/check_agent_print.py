"""What tasks print: whole lines, in order, before the answer, with the lump's number; and a flood is cut off."""

import gc
import io
import sys

from checks import check, done
from hosted import FRAME, run

LIMIT = 16384  # characters that a lump may print
FUNCTIONS = ["say", "say_parts", "flood", "flood_one_line", "double", "fail_at"]


def started(host, **options):
    yield from host.hello(**options)
    host.ship()
    for number, name in enumerate(FUNCTIONS):
        host.bind(number, name)


def call(host, name, *args):
    return (yield from host.one(FUNCTIONS.index(name), *args))


def texts(host):
    """All that was printed since the last time, for the last lump."""
    printed = host.printed
    host.printed = []
    check({lump for lump, _ in printed} <= {host.lumps})
    return [text for _, text in printed]


def lines_come_before_the_answer(host):
    yield from started(host)
    check((yield from call(host, "say", "one", 2, "", "t\u20ac")) == 4)
    check("".join(texts(host)) == "one\n2\n\nt\u20ac\n")
    check((yield from call(host, "say_parts")) is None)
    check("".join(texts(host)) == "a+1+None!\nno end\n")  # an answer ends the line
    check((yield from call(host, "say")) == 0)
    check(texts(host) == [])
    check((yield from call(host, "say", "x" * 3 * FRAME)) == 1)
    check("".join(texts(host)) == "x" * 3 * FRAME + "\n")


def options_of_print(host):
    """`file` and `flush` mean what they mean elsewhere. A host cannot send a file, so one is put where the task finds it."""
    yield from started(host)
    host.bind(50, "print_to_file")
    sys.modules["a_file"] = file = io.StringIO()
    check((yield from host.one(50, "a_file")) is None)
    check(file.getvalue() == "to a file\n", file.getvalue())
    check("".join(texts(host)) == "flushed\nsep none\n")


def a_flood_is_cut_off(host):
    yield from started(host)
    for lines, size in ((400, 99), (3, 20000), (1200, 19), (400, 99)):
        check((yield from call(host, "flood", lines, size)) == "done")
        gc.collect()  # this process is board and host in one, and long texts need long gaps
        whole = ("." * size + "\n") * lines
        text = "".join(texts(host))
        check(text[:LIMIT] == whole[:LIMIT] and len(text) < LIMIT + 100, lines, size, len(text))
        check(str(len(whole) - LIMIT) in text[LIMIT:], text[LIMIT:])
    # What is printed by the next lump counts anew.
    check((yield from call(host, "say", "calm")) == 1)
    check(texts(host) == ["calm\n"])


def a_flood_without_lines_is_cut_off(host):
    yield from started(host)
    check((yield from call(host, "flood_one_line", 2000, 100)) == "done")
    text = "".join(texts(host))
    check(len(text) < LIMIT * 2, len(text))
    check(text.count("not shown") == 1 and text.replace("\n", "").startswith("." * (LIMIT // 2)))
    check((yield from call(host, "flood_one_line", 2000, 1)) == "done")
    check("".join(texts(host)).replace("\n", "") == "." * 2000)


def a_board_that_may_not_send_listens(host):
    """No credit for more text: the task waits in `print`, and the board goes on taking what the host sends."""
    yield from started(host, credit=2)
    host.peer.credit = 2
    host.call(FUNCTIONS.index("flood"), ((30, 100), None))
    host.call(FUNCTIONS.index("double"), ((21,), None))
    results = yield from host.answer()
    check(results == (["done"], []))
    check((yield from host.answer()) == ([42], []))
    check("".join([text for _, text in host.printed]) == ("." * 100 + "\n") * 30)


def after_an_error_the_line_ends(host):
    yield from started(host)
    check((yield from call(host, "say_parts", "too many"))[0] == "TypeError")
    check((yield from call(host, "fail_at", 1, 1))[0] == "ValueError")
    check(texts(host) == [])


for part in (
    lines_come_before_the_answer,
    options_of_print,
    a_flood_is_cut_off,
    a_flood_without_lines_is_cut_off,
    a_board_that_may_not_send_listens,
    after_an_error_the_line_ends,
):
    run(part)
done()
