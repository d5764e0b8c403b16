"""The command `shoal` as users run it: processes, terminals, signals. Only a missing Pillow is imitated."""

import fcntl
import io
import json
import os
import pty
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from argparse import Namespace
from pathlib import Path

import pytest
from PIL import Image

from shoal.bench.process import family
from shoal.cli import table
from shoal.cli.check import Check
from shoal.cli.demo import coarse_to_fine
from shoal.cli.mandelbrot import row
from shoal.cli.picture import palette

COMMAND = [sys.executable, "-m", "shoal.cli"]
FOLDER = Path(table.__file__).parent
SPINNING = "def spin(number):\n    while True:\n        pass\n"
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see every process")


def environment(**more: str) -> dict[str, str]:
    """Ours, without a cluster of the user's own."""
    return {**{name: value for name, value in os.environ.items() if name != "SHOAL_CLUSTER"}, **more}


def shoal(*words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=60, cwd=cwd, env=environment(**more)
    )


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def all_end(pids: list[int], within_s: float = 3) -> bool:
    deadline = time.monotonic() + within_s
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(alive, pids))


def family_of(pid: int, size: int) -> list[int]:
    """The process and its descendants, once there are that many."""
    deadline = time.monotonic() + 20
    while len(pids := family(pid)) < size:
        assert time.monotonic() < deadline, f"only {pids} were started"
        time.sleep(0.02)
    return pids


# --- help and wrong use ----------------------------------------------------------------------


def test_help_lists_every_verb_of_the_table() -> None:
    done = shoal("--help")
    assert done.returncode == 0
    for verb in table.VERBS:
        assert verb.name in done.stdout
        assert verb.summary in done.stdout


@pytest.mark.parametrize("verb", table.VERBS, ids=lambda verb: verb.name)
def test_help_of_a_verb_has_examples_that_parse(verb: table.Verb) -> None:
    text = table.parser().parse_args(shlex.split(verb.examples[0][0])[1:]).verb
    assert text is verb
    done = shoal(verb.name, "--help")
    assert done.returncode == 0
    takes_a_cluster = any(argument.settings.get("metavar") == "SPEC" for argument in verb.arguments)
    assert ("--on SPEC" in done.stdout) == takes_a_cluster
    for command, what in verb.examples:
        assert command in done.stdout
        assert what in done.stdout
        table.parser().parse_args(shlex.split(command)[1:])


def test_help_loads_no_verb() -> None:
    code = (
        "import sys; from shoal.cli import main\n"
        "heavy = {'rich', 'PIL', 'shoal.bench', 'shoal.cli.demo'}\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "usage: shoal"),
        (["dem"], "invalid choice"),
        (["demo", "--colour"], "unrecognized"),
        (["demo", "--size", "160"], "WIDTHxHEIGHT"),
        (["demo", "--size", "0x5"], "from 1 to"),
        (["demo", "--limit", "65536"], "65535"),
        (["demo", "--out", "no/such/folder.png"], "folder that exists"),
        (["boards", "--on", "virtual:8xpicoo"], "did you mean 'pico'?"),
        (["run", "missing.py"], "no script missing.py"),
        (["run", "--on", "virtual:1xnothing", __file__], "unknown board"),
        (["run", __file__, "--on"], "expected one argument"),
        (["bench", "--figures", "speed"], "unknown figure 'speed'; known: submit"),
        (["bench", "--markdown", "no/such/folder.md"], "no such folder"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_2_and_one_message(words: list[str], told: str) -> None:
    done = shoal(*words)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_errors_name_the_variable_that_is_wrong() -> None:
    done = shoal("boards", SHOAL_CLUSTER="picos")
    assert done.returncode == 2
    assert done.stderr.startswith("shoal: environment variable SHOAL_CLUSTER: ")


def test_version() -> None:
    assert shoal("--version").stdout.startswith("shoal 0.")


# --- boards ----------------------------------------------------------------------------------


def test_boards_as_json_and_as_a_table() -> None:
    done = shoal("boards", "--on", "virtual:1xpico+1xesp32", "--json")
    listed = json.loads(done.stdout)
    assert done.returncode == 0
    assert [board["name"] for board in listed["boards"]] == ["pico-1", "esp32-1"]
    assert all(board["heap_free"] > 50_000 and board["firmware"] for board in listed["boards"])
    done = shoal("boards", SHOAL_CLUSTER="virtual:2xpico")
    headings, _line, *rows = done.stdout.splitlines()
    assert headings.split("  ")[0] == "name"
    assert [line.split()[0] for line in rows] == ["pico-1", "pico-2"]
    assert all(listed["boards"][0]["firmware"] in line for line in rows)


@pytest.mark.parametrize("words", [["boards"], ["boards", "--json"]], ids=" ".join)
def test_a_reader_that_leaves_is_no_error_to_talk_about(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, *words, "--on", "virtual:1xpico"], stdout=writer, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 1


# --- demo ------------------------------------------------------------------------------------


def test_demo_writes_the_right_picture(tmp_path: Path) -> None:
    file = tmp_path / "set.png"
    words = ["--size", "47x36", "--limit", "60", "--out", str(file), "--check", "--json"]
    done = shoal("demo", "--on", "virtual:2xpico", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["check"] == {"rows": 36, "points": 47 * 36, "differing": 0, "float_bits": 64, "passed": True}
    assert told["account"]["calls"] == 36
    assert told["picture"] == str(file)
    colours = palette(60)
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        assert (image.format, image.size) == ("PNG", (47, 36))
        for y in range(36):
            _, counts = row(y, 47, 36, 60, announce=False)
            assert [image.getpixel((x, y)) for x in range(47)] == [colours[count] for count in counts]


def test_demo_takes_paced_boards_only_if_nothing_else_is_set(tmp_path: Path) -> None:
    def used(**variables: str) -> str:
        done = shoal("demo", "--size", "8x8", "--limit", "5", "--json", cwd=tmp_path, **variables)
        return str(json.loads(done.stdout)["spec"])

    assert used() == "virtual:8xpico?pace=real"
    (tmp_path / "shoal.toml").write_text('[cluster]\nspec = "virtual:1xpico"\n')
    assert used() == "virtual:1xpico"
    assert used(SHOAL_CLUSTER="virtual:2xpico") == "virtual:2xpico"


def test_demo_without_pillow_shows_the_picture_instead(tmp_path: Path) -> None:
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL" / "__init__.py").write_text("raise ImportError('not here')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = shoal("demo", "--on", "virtual:1xpico", "--size", "40x20", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "pip install 'shoal[vision]'" in done.stdout
    shown = [line for line in done.stdout.splitlines() if "::::::" in line]
    assert len(shown) == 10
    assert not (tmp_path / "mandelbrot.png").exists()


def test_a_file_that_cannot_be_written_is_exit_1(tmp_path: Path) -> None:
    done = shoal("demo", "--on", "virtual:1xpico", "--size", "4x4", "--out", "/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("shoal: cannot write /dev/full: ")


def test_a_wrong_picture_does_not_pass() -> None:
    assert Check(5, 1000, 0, 64).passed
    assert not Check(5, 1000, 1, 64).passed
    assert Check(5, 1000, 22, 32).passed
    assert not Check(5, 1000, 51, 32).passed


@pytest.mark.parametrize("count", [1, 2, 5, 64, 120, 241])
def test_rows_come_coarse_to_fine(count: int) -> None:
    order = coarse_to_fine(count)
    assert sorted(order) == list(range(count))
    assert order[: (count + 1) // 2] == sorted(range(0, count, 2), key=order.index)


# --- in a terminal, and stopped there --------------------------------------------------------


class Terminal:
    """A process that has a terminal of 80 by 24 characters to itself."""

    def __init__(self, words: list[str]) -> None:
        self.seen = ""
        self.pid, self._end = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execve(COMMAND[0], [*COMMAND, *words], environment(**colours))

    def read_until(self, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self._read()

    def press(self, key: str) -> None:
        os.write(self._end, key.encode())

    def exit_code(self) -> int:
        while self._read():
            pass
        os.close(self._end)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        try:
            data = os.read(self._end, 65536)
        except OSError:  # how Linux tells that nobody has the terminal any more
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)


@linux
def test_demo_in_a_terminal_draws_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    words = ["demo", "--on", "virtual:3xpico?pace=real", "--size", "60x40", "--limit", "1000"]
    terminal = Terminal([*words, "--out", str(tmp_path / "set.png")])
    terminal.read_until("1 of 40 rows")
    assert "▀" in terminal.seen or "▄" in terminal.seen
    assert "pico-3" in terminal.seen
    pids = family(terminal.pid)
    assert len(pids) == 5, "the command, the boards' parent, and three boards"
    terminal.press("\x03")
    assert terminal.exit_code() == 130
    assert "shoal: stopped by Ctrl-C" in terminal.seen
    assert "Traceback" not in terminal.seen
    assert all_end(pids)


@linux
def test_run_in_a_terminal_has_a_bar(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time\nfrom shoal import Cluster\n"
        "def wait(number):\n    time.sleep(0.2)\n    return number\n"
        "with Cluster() as cluster:\n    print(sum(cluster.map(wait, range(20), chunksize=1)))\n"
    )
    terminal = Terminal(["run", str(script), "--on", "virtual:2xpico"])
    terminal.read_until("of 20 calls")
    assert terminal.exit_code() == 0
    assert "190" in terminal.seen


SCRIPTS = {
    "with": "from shoal import Cluster\nwith Cluster() as c: list(c.map(spin, range(4)))\n",
    "without": "from shoal import Cluster\nc = Cluster()\nc.submit(spin, 1).result()\n",
    "at the end": "from shoal import Cluster\nc = Cluster()\nf = c.submit(spin, 1)\n",
    "before work": "from shoal import Cluster\nimport time\nc = Cluster()\ntime.sleep(60)\n",
}


@linux
@pytest.mark.parametrize("script", SCRIPTS)
def test_run_stopped_leaves_no_process(script: str, tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SPINNING + SCRIPTS[script])
    command = [*COMMAND, "run", str(file), "--on", "virtual:2xpico"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment()) as process:
        pids = family_of(process.pid, 4)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == b"shoal: stopped by Ctrl-C\n"
    assert all_end(pids)


# --- run -------------------------------------------------------------------------------------


def test_run_is_as_python_would_run_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def double(number):\n    return 2 * number\n")
    (tmp_path / "script.py").write_text(
        "import os, sys\nfrom beside import double\nfrom shoal import Cluster\n"
        "if __name__ == '__main__':\n"
        "    print(sys.argv, __file__, os.environ['SHOAL_CLUSTER'])\n"
        "    with Cluster() as cluster:\n"
        "        print(len(cluster.boards), list(cluster.map(double, [1, 2])))\n"
    )
    script = tmp_path / "script.py"
    done = shoal("run", str(script), "--on", "virtual:2xpico", "--quiet", "a", "--on", "b")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{[str(script), 'a', '--on', 'b']} {script} virtual:2xpico",
        "2 [2, 4]",
    ]


def test_run_prints_accounts_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from shoal import Cluster\ndef same(x):\n    return x\n"
        "for spec in ('virtual:1xpico', 'virtual:2xesp32'):\n"
        "    with Cluster(spec) as cluster:\n        print(list(cluster.map(same, [5, 6])))\n"
    )
    done = shoal("run", "script.py", "--account", cwd=tmp_path)
    assert done.stdout == "[5, 6]\n[5, 6]\n"
    assert "account of virtual:1xpico" in done.stderr
    assert "account of virtual:2xesp32" in done.stderr
    assert done.stderr.count("2 calls on ") == 2


@pytest.mark.parametrize(
    ("ending", "code", "errors"),
    [("", 0, ""), ("sys.exit(7)", 7, ""), ("sys.exit()", 0, ""), ("sys.exit('no luck')", 1, "no luck\n")],
)
def test_run_has_the_exit_code_of_the_script(ending: str, code: int, errors: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(f"import sys\n{ending}\n")
    done = shoal("run", "script.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, errors)


def test_run_prints_the_traceback_of_the_script_and_of_the_board(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from shoal import Cluster\ndef invert(x):\n    return 1 // x\n"
        "with Cluster('virtual:1xpico') as cluster:\n    cluster.submit(invert, 0).result()\n"
    )
    done = shoal("run", str(script))
    assert done.returncode == 1
    assert f'File "{script}", line 3, in invert' in done.stderr
    assert f'File "{script}", line 5, in <module>' in done.stderr
    assert "on board pico-1" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ZeroDivisionError")
    assert "runpy" not in done.stderr
    assert str(FOLDER) not in done.stderr


@pytest.mark.parametrize(
    ("words", "own", "rest"),
    [
        ("--on pico --account a --quiet", {"on": "pico", "account": True, "quiet": False}, "a --quiet"),
        ("--on=virtual: -- --account", {"on": "virtual:", "account": False}, "--account"),
        ("--width 5 --on b", {"on": None}, "--width 5 --on b"),
        ("--help", {"on": None}, "--help"),
        ("", {"on": None, "account": False}, ""),
    ],
)
def test_options_behind_the_script_are_ours_until_another_word(words: str, own: dict, rest: str) -> None:
    into = Namespace()
    verb = next(verb for verb in table.VERBS if verb.name == "run")
    assert table.split_options(verb, words.split(), into) == rest.split()
    assert {name: getattr(into, name) for name in own} == own


# --- bench -----------------------------------------------------------------------------------


def test_bench_as_json_and_as_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    words = ["--quick", "--figures", "round_trip", "--peers", "--markdown", str(page), "--json"]
    done = shoal("bench", *words, "--on", "virtual:1xpico")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert {line["subject"] for line in figures} == {"shoal"}
    assert "| round trip of one task, median | ms |" in page.read_text()
    assert done.stderr == "Shoal: round_trip\n"
