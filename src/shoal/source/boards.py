"""The modules of MicroPython on rp2, esp32 and unix (standard variant), and what the shared ones contain.

`BOARD_MODULES` is the list of names. `CONTENTS` holds those modules that CPython has too and whose contents
do not differ from board to board: there a missing name can be refused before anything is sent.
`tests/source/test_source_facts.py` compares both with the MicroPython that runs virtual boards.
"""

_MODULES = """
_thread array asyncio binascii bluetooth btree builtins cmath collections cryptolib deflate dht
ds18x20 errno esp esp32 espnow framebuf gc hashlib heapq io json lwip machine math micropython
neopixel network onewire os platform random re rp2 select socket ssl struct sys time tls uctypes vfs
websocket
"""
BOARD_MODULES = frozenset(_MODULES.split())

CONTENTS = {
    "array": "array",
    "binascii": "a2b_base64 b2a_base64 crc32 hexlify unhexlify",
    "cmath": "cos e exp log log10 phase pi polar rect sin sqrt",
    "collections": "OrderedDict deque namedtuple",
    "errno": (
        "EACCES EADDRINUSE EAGAIN EALREADY EBADF ECONNABORTED ECONNREFUSED ECONNRESET EEXIST "
        "EHOSTUNREACH EINPROGRESS EINVAL EIO EISDIR ENOBUFS ENODEV ENOENT ENOMEM ENOTCONN EOPNOTSUPP "
        "EPERM ETIMEDOUT errorcode"
    ),
    "hashlib": "md5 sha1 sha256",
    "heapq": "heapify heappop heappush",
    "io": "BytesIO IOBase StringIO open",
    "json": "dump dumps load loads",
    "math": (
        "acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees e erf erfc exp expm1 "
        "fabs factorial floor fmod frexp gamma inf isclose isfinite isinf isnan ldexp lgamma log "
        "log10 log2 modf nan pi pow radians sin sinh sqrt tan tanh tau trunc"
    ),
    "random": "choice getrandbits randint random randrange seed uniform",
    "re": "compile match search sub",
    "struct": "calcsize pack pack_into unpack unpack_from",
    # The boards' clocks differ: names of all ports together.
    "time": (
        "clock gmtime localtime mktime sleep sleep_ms sleep_us ticks_add ticks_cpu ticks_diff "
        "ticks_ms ticks_us time time_ns"
    ),
}

HAS = {module: frozenset(names.split()) for module, names in CONTENTS.items()}

INSTEAD = {
    "functools": "write the loop, or a closure in place of partial",
    "itertools": "write the loop or a generator expression",
    "dataclasses": "write the class with its __init__, or use collections.namedtuple",
    "enum": "use module-level constants",
    "typing": "annotations are dropped, other uses have no counterpart on a board",
    "numpy": "use lists, array.array or bytearray on the board and numpy on this computer",
    "logging": "use print: it appears here with the board's name",
    "datetime": "use time.localtime and time.mktime",
    "statistics": "compute with sum, len and math",
    "threading": "a board runs one task at a time",
    "time.perf_counter": "use time.ticks_us and time.ticks_diff, which boards have",
    "time.monotonic": "use time.ticks_ms and time.ticks_diff, which boards have",
    "time.process_time": "use time.ticks_us and time.ticks_diff, which boards have",
    "math.comb": "use math.factorial",
    "math.gcd": "write it: while b: a, b = b, a % b",
    "math.isqrt": "use int(math.sqrt(x)) and correct by one",
    "math.hypot": "use math.sqrt(x * x + y * y)",
    "random.shuffle": "swap items at random.randrange positions",
    "collections.defaultdict": "use dict.setdefault",
    "collections.Counter": "use d[k] = d.get(k, 0) + 1",
    "struct.iter_unpack": "use struct.unpack_from in a loop",
    "re.findall": "use re.search in a loop",
}


def instead(missing: str) -> str:
    """What to do where a module, or a name of one ("math.gcd"), is missing on boards."""
    return (
        INSTEAD.get(missing)
        or INSTEAD.get(missing.partition(".")[0])
        or ("do this part on this computer, or write it in plain Python")
    )
