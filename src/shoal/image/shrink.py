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


# And names that its rp2 firmware holds beside them: those of pins, buses and assembler. For boards that have such things; another
# firmware than the Pico's pays for those that it lacks.
OF_HARDWARE = """
    ADC ALT ALT_GPCK ALT_I2C ALT_PIO0 ALT_PIO1 ALT_PWM ALT_SIO ALT_SPI ALT_UART ALT_USB BUILTIN_CDC BUILTIN_DEFAULT
    BUILTIN_NONE CORE_TEMP CTS CancelledError DMA DeflateIO Flash FrameBuffer1 GPCK GZIP I2C I2CTarget I2S IN INV_RX
    INV_TX IN_HIGH IN_LOW IRQ_ADDR_MATCH_READ IRQ_ADDR_MATCH_WRITE IRQ_BREAK IRQ_END_READ IRQ_END_WRITE IRQ_FALLING
    IRQ_READ_REQ IRQ_RISING IRQ_RXIDLE IRQ_SM0 IRQ_SM1 IRQ_SM2 IRQ_SM3 IRQ_TXIDLE IRQ_WRITE_REQ JOIN_NONE JOIN_RX
    JOIN_TX LED LITTLE_ENDIAN LSB MONO MSB ONE_SHOT OPEN_DRAIN OUT OUT_HIGH OUT_LOW PERIODIC PIO PIO0 PIO1 PULL_DOWN
    PULL_UP PWM PWRON_RESET Pin PinAF RAW RTC RTS RX RingIO SHIFT_LEFT SHIFT_RIGHT SIO SPI STEREO SoftI2C SoftSPI
    StateMachine TX TextIOWrapper Timer UART USB USBDevice ViperTypeError WDT WDT_RESET ZLIB active add_program addr
    addrsize aes ahb_err align alloc_emergency_exception_buf allocate_lock alt and_ asm_pio_encode asm_thumb asr
    baudrate bits bitstream bl board bootloader bootsel_button bswap builtin_driver busy bx callback chain_to channel
    clz cmp config control_xfer_cb cpsid cpsie cpu crc8 cryptolib ctrl cts datetime decrypt deepsleep deinit desc_cfg
    desc_dev desc_strs dht_readinto difference_update disable_irq dupterm dupterm_notify duty_ns duty_u16 enable_irq
    encrypt ep_max feed firstbit flow freq gc groups hard high high_pri ibuf implementation in_base in_shiftdir inc_read
    inc_write init intersection_update io irq irq_quiet itf_max jmp_pin label ldr ldrb ldrex ldrh lightsleep low lsl lsr
    mem16 mem32 mem8 mem_addrsize memaddr miso mosi mov movt movw movwt mrs nodename nop on onewire open_itf_cb os
    out_base out_shiftdir pack_ctrl parity period pi polarity print_exception prog pull pull_thresh push_thresh
    python_compiler rate rb rbit re read_err read_u16 readbit readbyte readfrom readfrom_into readfrom_mem
    readfrom_mem_into registers remote_wakeup remove_program reset reset_cause reset_cb restart ring_sel ring_size rp2
    rts rx rx_fifo rxbuf scan sck scl sd sda sdiv sendbreak set_base shift sideset_base size sniff_en soft_reset span
    stall start_new_thread state_machine str_max strb strex strh submit_xfer symmetric_difference
    symmetric_difference_update sysname tick_hz time_pulse_us timeout_char toggle treq_sel trigger tx tx_fifo txbuf
    txdone udiv uname unique_id unpack_ctrl usys vcmp vcvt_f32_s32 vcvt_s32_f32 vldr vmov vmrs vneg vsqrt vstr wfi
    write_err write_readinto writebit writebyte writeto writeto_mem writevto ws xfer_cb
""".split()  # noqa: SIM905


# Methods of sockets, timers and networks, which only some firmwares have, so that they are not in the list.
_OF_OBJECTS = {"accept", "active", "bind", "config", "connect", "deinit", "feed", "ifconfig", "init", "isconnected", "listen"}
_OF_OBJECTS |= {"ipconfig", "read_u16", "recv", "recv_into", "scan", "sendall", "setblocking", "setsockopt", "status"}
# And of buses and their parameters.
_OF_OBJECTS |= {"writeto_mem", "readfrom_mem_into", "flush", "irq", "txdone", "sda", "scl", "freq", "mem", "mem_addrsize"}
_OF_OBJECTS |= {"tx", "rx", "rxbuf", "timeout", "timeout_char", "period", "hard", "time_pulse_us"}
_BY_TEXT = {"getattr", "hasattr", "setattr"}


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


def public(tree: ast.AST) -> set[str]:
    """The names of a file's functions, methods and classes that have no underscore."""
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and not node.name.startswith("_")}


def _told(trees: Iterable[ast.AST]) -> set[str]:
    """Names of attributes that these files ask for by text."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            asked_for = node.args[1:2] if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _BY_TEXT else []
            for text in asked_for:
                names.add(str(getattr(text, "value", "")))
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


def shorter(
    trees: list[ast.AST], outside: set[str], first: list[ast.AST] | None = None, more: Iterable[str] = ()
) -> dict[str, str]:
    """A known name for each name that these files define, but for those known anyway and those that are used `outside`.

    `first`: the files whose names come first, should there be too few known ones for all; `more`: names that these boards know.
    """
    everywhere = used(trees)
    known = {*KNOWN, *more}
    free = [name for name in (*KNOWN, *more) if name not in everywhere]
    costly = defined(trees) - known - outside - _foreign(trees) - _told(trees) - _OF_OBJECTS
    costly = {name for name in costly if not name.isupper()}  # constants are in their places already
    favoured = costly & defined(first or [])
    return dict(zip([*sorted(favoured), *sorted(costly - favoured)], free, strict=False))


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
