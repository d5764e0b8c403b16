"""What MicroPython's language and built-ins lack, as tables: MicroPython 1.29, at the level of rp2, esp32 and unix.

`tests/source/test_source_facts.py` compares every table with the MicroPython that runs virtual boards.
"""

_BUILTINS = """
ArithmeticError AssertionError AttributeError BaseException EOFError Ellipsis Exception
GeneratorExit ImportError IndentationError IndexError KeyError KeyboardInterrupt LookupError
MemoryError NameError NotImplemented NotImplementedError OSError OverflowError RuntimeError
StopAsyncIteration StopIteration SyntaxError SystemExit TypeError UnicodeError ValueError
ViperTypeError ZeroDivisionError __build_class__ __debug__ __import__ __name__ abs all any bin bool
bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec
execfile filter float frozenset getattr globals hasattr hash help hex id input int isinstance
issubclass iter len list locals map max memoryview min next object oct open ord pow print property
range repr reversed round set setattr slice sorted staticmethod str sum super tuple type zip
"""
BUILTINS = frozenset(_BUILTINS.split())

BUILTINS_INSTEAD = {
    "ascii": "use repr",
    "format": "use str.format or an f-string",
    "vars": "use obj.__dict__",
    "TimeoutError": "use OSError",
    "ConnectionError": "use OSError",
    "FileNotFoundError": "use OSError and errno.ENOENT",
    "PermissionError": "use OSError",
    "IOError": "use OSError",
    "RecursionError": "use RuntimeError",
    "ModuleNotFoundError": "use ImportError",
    "UnicodeDecodeError": "use UnicodeError",
    "UnicodeEncodeError": "use UnicodeError",
    "exit": "return from the function",
    "quit": "return from the function",
    "breakpoint": "use print",
}

# Methods that no MicroPython type has, with what to write instead.
METHODS = {
    "add_note": "put the note into the exception's arguments",
    "as_integer_ratio": "keep numerator and denominator yourself",
    "bit_count": "use bin(x).count('1')",
    "bit_length": "use len(bin(x)) - 2",
    "capitalize": "use s[:1].upper() + s[1:].lower()",
    "casefold": "use lower()",
    "cast": "use array.array or struct.unpack_from",
    "expandtabs": "use replace",
    "format_map": "use format(**mapping)",
    "is_integer": "compare with int(x)",
    "isalnum": "use isalpha() or isdigit()",
    "isascii": "use all(ord(c) < 128 for c in s)",
    "isdecimal": "use isdigit()",
    "isidentifier": "check the characters yourself",
    "isnumeric": "use isdigit()",
    "isprintable": "check the characters yourself",
    "istitle": "check the characters yourself",
    "ljust": "use '{:<{}}'.format(s, n)",
    "maketrans": "use replace, or a dict and join",
    "removeprefix": "use s[len(prefix):] if s.startswith(prefix) else s",
    "removesuffix": "use s[:-len(suffix)] if s.endswith(suffix) else s",
    "rjust": "use '{:>{}}'.format(s, n)",
    "swapcase": "use upper() and lower()",
    "title": "capitalise the words yourself",
    "tobytes": "use bytes(...)",
    "tolist": "use list(...)",
    "toreadonly": "pass bytes",
    "translate": "use replace, or a dict and join",
    "with_traceback": "raise the exception as it is",
    "zfill": "use '{:0>{}}'.format(s, n)",
}

# Keyword arguments that MicroPython's built-in functions and methods do not take (pass them by position).
KEYWORDS = {
    "sum": ("start",),
    "zip": ("strict",),
    "print": ("flush",),
    "int": ("base",),
    "str": ("encoding", "errors"),
    "round": ("ndigits",),
    "pow": ("base", "exp", "mod"),
}
METHOD_KEYWORDS = {
    "split": ("sep", "maxsplit"),
    "rsplit": ("sep", "maxsplit"),
    "encode": ("encoding", "errors"),
    "decode": ("encoding", "errors"),
    "from_bytes": ("byteorder", "signed"),
}

# Attributes of functions, exceptions and modules that boards do not keep.
_ATTRIBUTES = """
__annotations__ __cause__ __closure__ __code__ __context__ __defaults__ __doc__ __kwdefaults__
__qualname__ __traceback__ __wrapped__
"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())

# Special methods that MicroPython never calls: the class would behave differently without an error.
_SPECIAL_METHODS = """
__class_getitem__ __format__ __index__ __init_subclass__ __missing__ __post_init__
"""
SPECIAL_METHODS = frozenset(_SPECIAL_METHODS.split())

_TYPE_NAMES = """
bool bytearray bytes complex dict float frozenset int list object set str tuple type
"""
TYPE_NAMES = frozenset(_TYPE_NAMES.split())
_VIPER_NAMES = """
ptr ptr8 ptr16 ptr32 uint
"""
VIPER_NAMES = frozenset(_VIPER_NAMES.split())
