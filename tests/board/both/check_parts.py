"""Parts are loaded when they are needed, let go of when they were not for a while, and kept where they cannot be loaded again."""

import sys

from checks import check, done

from shoal_board import parts


def loaded():
    return "shoal_board.text" in sys.modules


def is_let_go_of_when_it_was_not_used():
    check(not loaded())
    text = parts.part("text")
    check(loaded() and parts.part("text") is text)
    parts.tidy()
    check(parts.part("text") is text)  # used since
    parts.tidy()
    check(loaded())
    parts.tidy()
    check(not loaded() and not hasattr(sys.modules["shoal_board"], "text"))
    parts.tidy()


def comes_again():
    check(callable(parts.part("text").show) and loaded())


def is_kept():
    for name in parts.NAMES.split():
        parts.part(name)
    parts.loaded[""] = None
    for _ in range(3):
        parts.tidy()
    for name in parts.NAMES.split():
        check("shoal_board." + name in sys.modules, name)


is_let_go_of_when_it_was_not_used()
comes_again()
is_kept()
done()
