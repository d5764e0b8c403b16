"""Gives the agent's names the names of things that every MicroPython has, because a board pays for each new name.

A name that the firmware does not know takes its text and some 20 bytes of a board's heap, for ever; others take nothing.
What the agent calls its own means nothing outside it, so any other name will do, unless outsiders use it.
"""

import ast
from collections.abc import Iterable

# Read off MicroPython 1.28: names that both its rp2 and its unix firmware hold. A firmware without one of them pays for it.
KNOWN = """
    Ellipsis Exception ImportError IndexError KeyError LookupError MemoryError NameError NoneType OSError RuntimeError
    SyntaxError SystemExit TypeError ValueError abs all any append args bool builtins bytearray bytecode bytes callable chr
    classmethod clear close const copy count dict dir divmod end endswith eval exec extend find format from_bytes get
    getattr globals hasattr hash index insert int isalpha isdigit isinstance islower isspace issubclass isupper items iter
    join key keys len list little locals lower lstrip main map micropython next object open ord pop popitem pow print range
    read readinto readline remove replace repr reverse rfind rindex round rsplit rstrip self send sep set setattr setdefault
    sort sorted split start startswith staticmethod step stop str strip sum super throw to_bytes tuple type update upper
    value values write zip ARRAY AUTO BFINT16 BFINT32 BFINT8 BFUINT16 BFUINT32 BFUINT8 BF_LEN BF_POS BIG_ENDIAN BytesIO
    EACCES EADDRINUSE EAGAIN EALREADY EBADF ECONNABORTED ECONNREFUSED ECONNRESET EEXIST EHOSTUNREACH EINPROGRESS EINVAL EIO
    EISDIR ENOBUFS ENODEV ENOENT ENOMEM ENOTCONN EOPNOTSUPP EPERM ETIMEDOUT FLOAT32 FLOAT64 FileIO FrameBuffer GS2_HMSB
    GS4_HMSB GS8 INT INT16 INT32 INT64 INT8 IOBase LONG LONGLONG LockType MONO_HLSB MONO_HMSB MONO_VLSB MVLSB NATIVE
    OrderedDict POLLERR POLLHUP POLLIN POLLOUT PTR RGB565 SHORT Signal StringIO Task TaskQueue UINT UINT16 UINT32 UINT64
    UINT8 ULONG ULONGLONG USHORT UnicodeError VOID VfsFat VfsLfs2 a2b_base64 abs_tol acos acosh acquire add addressof
    appendleft arg argv array asin asinh atan atan2 atanh b2a_base64 bin binascii blit bound_method buf buffer buffering
    bytearray_at byteorder bytes_at calcsize cancel ceil center chdir choice closure cmath code collect collections compile
    complex copysign coro cos cosh crc32 cur_task data decode default deflate degrees delattr deleter deque dict_view
    difference digest disable discard doc done dump dumps ellipse enable encode encoding enumerate erf erfc errno errorcode
    execfile exit exp expm1 fabs factorial file fill fill_rect filter flags float floor flush fmod framebuf frexp fromhex
    fromkeys frozenset function gamma generator get_ident getcwd getrandbits getter getvalue gmtime group handler hashlib
    heap_lock heap_unlock heapify heappop heappush heapq help hex hexlify hline idle ilistdir imag indices inf input
    intersection invert ioctl ipoll isclose isdisjoint isenabled isfinite isinf isnan issubset issuperset iterable iterator
    json kbd_intr keepends ldexp lgamma libc_ver line listdir load loads localtime lock locked log log10 log2 lookahead
    machine match math max maxsize md5 mem mem_alloc mem_free mem_info memoryview min mkdir mkfs mktime mode modf modify
    module modules mount mtime name namedtuple nan native newline oct off opt_level pack pack_into partition path peek
    pend_throw ph_key phase pixel platform polar poll poly popleft progsize property ps1 ps2 ptr ptr16 ptr32 ptr8 push put
    qstr_info radians randint random randrange readblocks readlines readonly readsize real rect register rel_tol release
    rename reversed rmdir rpartition schedule scroll search seed seek select separators setter sha1 sha256 sin single sinh
    sizeof sleep sleep_ms sleep_us slice splitlines sqrt stack_size stack_use stat state statvfs stderr stdin stdout struct
    sub sync sys tan tanh tau tell text threshold ticks_add ticks_cpu ticks_diff ticks_ms ticks_us time time_ns timeout
    trunc uctypes uint umount unhexlify uniform union unlink unpack unpack_from unregister unsafe urandom version
    version_info vfs viper vline writeblocks
""".split()  # noqa: SIM905


# Methods of sockets, timers and networks, which only some firmwares have, so that they are not in the list.
_OF_OBJECTS = {"accept", "active", "bind", "config", "connect", "deinit", "feed", "ifconfig", "init", "isconnected", "listen"}
_OF_OBJECTS |= {"ipconfig", "read_u16", "recv", "recv_into", "scan", "sendall", "setblocking", "setsockopt", "status"}


def defined(trees: Iterable[ast.AST]) -> set[str]:
    """Every name that these files define: functions, classes, arguments, attributes of self, globals."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
        for statement in getattr(tree, "body", []):
            if isinstance(statement, ast.Assign):
                names.update(target.id for target in statement.targets if isinstance(target, ast.Name))
    return {name for name in names if not name.startswith("__")}


def used(trees: Iterable[ast.AST]) -> set[str]:
    """Every name that occurs in these files."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            for field in ("id", "attr", "arg", "name", "asname", "module"):
                value = getattr(node, field, None)
                if isinstance(value, str):
                    names.update(value.split("."))
    return names


def asked(trees: Iterable[ast.AST]) -> set[str]:
    """Every name by which these files may mean something of another file: attributes, imports, keywords."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.alias):
                names.add(node.name)
            elif isinstance(node, ast.keyword) and node.arg:
                names.add(node.arg)
    return names


def _foreign(trees: Iterable[ast.AST]) -> set[str]:
    """Attributes of modules that are not ours, such as `machine.reset`: a board may have them, and no list of names knows all."""
    names: set[str] = set()
    for tree in trees:
        modules: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules.update(alias.asname or alias.name for alias in node.names)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                root: ast.AST = node.value
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name) and root.id in modules:
                    names.add(node.attr)
    return names


def shorter(trees: list[ast.AST], outside: set[str]) -> dict[str, str]:
    """A known name for each name that these files define, but for those known anyway and those that are used `outside`."""
    everywhere = used(trees)
    known = set(KNOWN)
    free = [name for name in KNOWN if name not in everywhere]
    costly = sorted(defined(trees) - known - outside - _foreign(trees) - _OF_OBJECTS)
    costly = [name for name in costly if not name.isupper()]  # constants are in their places already
    return dict(zip(costly, free, strict=False))


class Renamer(ast.NodeTransformer):
    """Puts other names in place of some."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str) and value in self.names and not isinstance(node, ast.alias):
                setattr(node, field, self.names[value])
        if isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                alias.name = self.names.get(alias.name, alias.name)
        if isinstance(node, ast.Global):
            node.names = [self.names.get(name, name) for name in node.names]
        return super().generic_visit(node)
