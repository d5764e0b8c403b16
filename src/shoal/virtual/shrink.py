"""Gives the agent's private names the names of things that every MicroPython has, because a board pays for each new name.

A name that the firmware does not know takes its text and some 20 bytes of a board's heap, for ever; others take nothing.
The agent's private names (`_peer`, `_write` ...) mean nothing outside it, so any others will do. Line numbers stay.
"""

import io
import re
import tokenize

# Of `math`, `socket`, `os`, and methods of str and set: what the agent uses of them is left alone.
KNOWN = """
    acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees erf erfc exp expm1 fabs floor fmod frexp
    gamma isfinite isinf isnan ldexp lgamma log log10 log2 modf radians sin sinh sqrt tan tanh trunc accept connect
    listen makefile recv recvfrom sendto setblocking setsockopt settimeout shutdown getaddrinfo AF_INET AF_INET6
    SOCK_DGRAM SOCK_STREAM SOL_SOCKET SO_BROADCAST SO_REUSEADDR chdir getcwd ilistdir listdir mkdir rename rmdir
    statvfs system unlink urandom center count endswith isalpha isdigit islower isspace isupper lower lstrip
    partition rindex rpartition rsplit rstrip splitlines startswith strip upper difference difference_update
    intersection intersection_update isdisjoint issubset issuperset symmetric_difference symmetric_difference_update
    union discard
""".split()  # noqa: SIM905
_CONSTANT = re.compile(r"^(_\w+) = const\(", re.MULTILINE)  # the compiler replaces these only while they are private


def private_names(texts: list[str]) -> dict[str, str]:
    """A known name for each private name in these files, which belong together."""
    used: dict[str, bool] = {}
    constants = {name for text in texts for name in _CONSTANT.findall(text)}
    for text in texts:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                used[token.string] = True
    private = [name for name in used if re.match(r"_[a-zA-Z]", name) and name not in constants]
    free = [name for name in KNOWN if name not in used]
    return dict(zip(private, free, strict=False))


def shrink(text: str, names: dict[str, str]) -> str:
    """The text with these names replaced."""
    lines = text.splitlines(keepends=True)
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.string in names]
    for token in reversed(tokens):
        row, column = token.start
        line = lines[row - 1]
        lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)
