"""Machine words of 32 bits under CPython: viper functions as a board computes them, and assembler one instruction at a time.

A virtual board's viper has words of 64 bits; here is what those of a real board do.
"""

import ast
import inspect
import textwrap
from array import array


class Word(int):
    """A viper int of a 32-bit board: every result wraps."""


def _wrapped(name):
    operation = getattr(int, name)

    def wrapping(self, *others):
        result = operation(int(self), *map(int, others))
        return Word((result + 2**31) % 2**32 - 2**31)

    return wrapping


for _name in ("add", "sub", "mul", "and", "or", "xor", "lshift", "rshift", "floordiv", "mod"):
    setattr(Word, f"__{_name}__", _wrapped(f"__{_name}__"))
    setattr(Word, f"__r{_name}__", _wrapped(f"__r{_name}__"))
Word.__neg__ = _wrapped("__neg__")


class Pointer:
    """A viper pointer: items in, Words out, nothing outside of the buffer."""

    def __init__(self, buffer):
        self.buffer = buffer
        self.mask = 2 ** (8 * memoryview(buffer).itemsize) - 1
        self.signed = self.mask == 2**32 - 1

    def __getitem__(self, index):
        assert 0 <= index < len(self.buffer), index
        value = self.buffer[index]
        return Word(value) if self.signed else Word(value & self.mask)

    def __setitem__(self, index, value):
        assert 0 <= index < len(self.buffer), index
        value = int(value) & self.mask
        typecode = getattr(self.buffer, "typecode", "B")
        if typecode.islower() and value > self.mask // 2:
            value -= self.mask + 1
        self.buffer[index] = value


def run_viper(function, *args):
    """A viper function's own Python, with words of 32 bits for its ints and checked pointers for its buffers."""
    plain = function.__wrapped__
    return plain(*(Word(value) if isinstance(value, int) else Pointer(value) for value in args))


BRANCHES = {
    "b": lambda flag: True,
    "bne": lambda flag: flag != 0,
    "beq": lambda flag: flag == 0,
    "bgt": lambda flag: flag > 0,
    "bge": lambda flag: flag >= 0,
    "blt": lambda flag: flag < 0,
    "ble": lambda flag: flag <= 0,
}


class Thumb:
    """Runs what `@micropython.asm_thumb` functions say: the instructions that the kernels use, on a memory of buffers."""

    LIMIT = 2_000_000  # instructions

    def __init__(self, function):
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.__wrapped__)))
        self.code = [statement.value for statement in tree.body[0].body]
        self.labels = {line.args[0].id: at for at, line in enumerate(self.code) if line.func.id == "label"}

    def run(self, *args):
        """The function's result, r0 without a sign. Buffers are written back."""
        self.r = [0x7777_0000 + number for number in range(12)]  # what a caller left there
        saved = self.r[4:12]
        self.stack = []
        self.flag = 0  # the last result, signed: Z and N; overflow is left to those who compare small numbers
        memory = {}
        for number, value in enumerate(args):
            if isinstance(value, int):
                self.r[number] = value % 2**32
            else:
                memory[0x2000_0000 + 0x10000 * number] = value
                self.r[number] = 0x2000_0000 + 0x10000 * number
        self.blocks = {base: bytearray(memoryview(buffer).tobytes()) for base, buffer in memory.items()}
        high = saved[4:]
        self._loop()
        assert self.r[8:12] == high, "r8 to r11 belong to the caller"
        assert not self.stack
        for base, buffer in memory.items():
            if isinstance(buffer, bytearray):
                buffer[:] = self.blocks[base]
            elif not isinstance(buffer, bytes):
                buffer[:] = array(buffer.typecode, bytes(self.blocks[base]))
        return self.r[0]

    def _loop(self):
        at = 0
        for _ in range(self.LIMIT):
            if at == len(self.code):
                return
            line = self.code[at]
            at += 1
            jump = self._do(line.func.id.rstrip("_"), line.args)
            if jump is not None:
                at = self.labels[jump]
        raise AssertionError("it does not end")

    def _do(self, name, args):
        if name in ("label",):
            return None
        if name in BRANCHES:
            return args[0].id if BRANCHES[name](self.flag) else None
        if name in ("push", "pop"):
            numbers = sorted(int(item.id[1:]) for item in args[0].elts)
            if name == "push":
                self.stack.append([self.r[number] for number in numbers])
            else:
                for number, value in zip(numbers, self.stack.pop(), strict=True):
                    self.r[number] = value
            return None
        if name == "data":
            self._raw(args[1].value)
            return None
        if name in ("ldr", "ldrh", "ldrb", "str", "strh", "strb"):
            self._memory(name, args)
            return None
        values = [self._value(arg) for arg in args]
        target = int(args[0].id[1:])
        left, right = (values[0], values[1]) if len(values) == 2 else (values[1], values[2])
        signed = left - 2**32 * (left >> 31)
        result = {
            "mov": lambda: right,
            "movw": lambda: right,
            "cmp": lambda: signed - right,
            "add": lambda: left + right,
            "sub": lambda: left - right,
            "mul": lambda: left * right,
            "eor": lambda: left ^ right,
            "and": lambda: left & right,
            "asr": lambda: signed >> right,
            "lsl": lambda: left << right,
            "lsr": lambda: left >> right,
            "bic": lambda: left & ~right,
        }[name]()
        word = result % 2**32
        if name != "mov":
            self.flag = word - 2**32 * (word >> 31)
        if name != "cmp":
            self.r[target] = word
        return None

    def _value(self, arg):
        return self.r[int(arg.id[1:])] if isinstance(arg, ast.Name) else arg.value

    def _raw(self, halfword):
        """Instructions that MicroPython's assembler does not know."""
        if halfword >> 8 == 0x44:  # add, of which one register may be high
            target, source = halfword & 7 | halfword >> 4 & 8, halfword >> 3 & 15
            result = self.r[target] + self.r[source]
        elif halfword >> 6 == 0x2C8:  # sxth
            target, source = halfword & 7, halfword >> 3 & 7
            result = (self.r[source] + 2**15) % 2**16 - 2**15
        else:  # asr by a register
            assert halfword >> 6 == 0x104
            target, source = halfword & 7, halfword >> 3 & 7
            result = self.r[target] - 2**32 * (self.r[target] >> 31) >> (self.r[source] & 255)
        self.r[target] = result % 2**32
        if halfword >> 8 == 0x41:
            self.flag = result

    def _memory(self, name, args):
        base, offset = args[1].elts[0], args[1].elts[1].value
        address = self.r[int(base.id[1:])] + offset
        block, inside = self.blocks[address & ~0xFFFF], address & 0xFFFF
        register = int(args[0].id[1:])
        size = {"b": 1, "h": 2}.get(name[-1], 4)
        assert inside + size <= len(block) and inside % size == 0, f"{name} at {inside} of {len(block)} bytes"
        if name.startswith("str"):
            block[inside : inside + size] = (self.r[register] % 2 ** (8 * size)).to_bytes(size, "little")
        else:
            self.r[register] = int.from_bytes(block[inside : inside + size], "little")
