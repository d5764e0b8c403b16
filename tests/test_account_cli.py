"""The account on the command line: after a run, and read again from a trace. Processes, as users run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys, subprocess
from shoal import Cluster

def work(x):
    total = 0
    for step in range(1000):
        total += step * x & 7
    return total

with Cluster() as cluster:
    print(len(list(cluster.map(work, range(200)))), flush=True)
    subprocess.run([sys.executable, "-c", "print('from a child')"])
if "two" in sys.argv:
    with Cluster("virtual:1xpico") as cluster:
        print(cluster.submit(work, 3).result())
"""


def shoal(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**{name: value for name, value in os.environ.items() if name != "SHOAL_CLUSTER"}}
    command = [sys.executable, "-m", "shoal.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, env=environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a script, and what one run of it wrote."""
    made = tmp_path_factory.mktemp("account")
    (made / "script.py").write_text(SCRIPT)
    forms = ("--account", "--measure", "--html", "a.html", "--trace", "a.json")
    done = shoal("run", "--on", "virtual:2xpico", *forms, "script.py", "two", cwd=made)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "200", "standard output is the script's"
    (made / "told.txt").write_text(done.stderr)
    return made


def test_a_run_tells_where_the_time_went(folder: Path) -> None:
    told = (folder / "told.txt").read_text()
    for words in ("account of virtual:2xpico", "account of virtual:1xpico", "waiting", "binds: ", "one board alone: measured"):
        assert words in told
    for name in ("a.html", "a.json", "a-2.html", "a-2.json"):
        assert f"wrote {name}" in told
        assert (folder / name).stat().st_size > 1000
    assert "virtual:2xpico" in (folder / "a.html").read_text()


def test_a_trace_is_shown_again(folder: Path) -> None:
    done = shoal("account", "a.json", "--html", "b.html", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "account of virtual:2xpico" in done.stdout and "200 calls on 2 boards took" in done.stdout
    assert (folder / "b.html").read_text() == (folder / "a.html").read_text()
    done = shoal("account", "a.json", "--json", cwd=folder)
    told = json.loads(done.stdout)
    assert (told["calls"], told["alone_how"], len(told["boards"])) == (200, "measured", 2)
    assert set(told["binding"]) == {"what", "share", "sentence", "helps"}


def test_json_leaves_standard_output_to_the_account(folder: Path) -> None:
    done = shoal("run", "--on", "virtual:2xpico", "--json", "script.py", "two", cwd=folder)
    told = json.loads(done.stdout)
    assert [(each["spec"], each["calls"]) for each in told["clusters"]] == [("virtual:2xpico", 200), ("virtual:1xpico", 1)]
    assert "200\n" in done.stderr and "from a child\n" in done.stderr
    for board in told["clusters"][0]["boards"]:
        parts = sum(board[name] for name in ("compute_s", "link_s", "waiting_s", "idle_s"))
        assert parts == pytest.approx(told["clusters"][0]["wall_s"], rel=0.01)


def test_a_script_that_makes_no_cluster_has_no_account(folder: Path) -> None:
    (folder / "none.py").write_text("print('hello')\n")
    done = shoal("run", "--account", "--trace", "none.json", "none.py", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert "no account: the script made no cluster" in done.stderr
    assert json.loads(shoal("run", "--json", "none.py", cwd=folder).stdout) == {"clusters": []}


def test_a_script_that_fails_has_an_account_all_the_same(folder: Path) -> None:
    (folder / "fails.py").write_text(SCRIPT + "raise RuntimeError('no luck')\n")
    done = shoal("run", "--on", "virtual:2xpico", "--json", "fails.py", cwd=folder)
    assert done.returncode == 1
    assert json.loads(done.stdout)["clusters"][0]["calls"] == 200
    assert done.stderr.splitlines()[-1] == "RuntimeError: no luck"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["account", "missing.json"], "missing.json: No such file"),
        (["account", "."], "Is a directory"),
        (["account", "script.py"], "script.py is not JSON"),
        (["account", "other.json"], "no trace of Shoal's"),
        (["account", "old.json"], "an older release"),
        (["account", "bytes.json"], "is no text"),
        (["account", "a.json", "--html", "nowhere/b.html"], "give a file in a folder that exists"),
        (["account"], "TRACE.json"),
        (["run", "--html", "nowhere/b.html", "script.py"], "give a file in a folder that exists"),
        (["run", "--trace", ".", "script.py"], "give a file in a folder that exists"),
    ],
)
def test_wrong_use_is_told_in_words(words: list[str], said: str, folder: Path) -> None:
    (folder / "other.json").write_text('{"traceEvents": []}')
    (folder / "bytes.json").write_bytes(b"\xff\xfe\x00")
    trace = json.loads((folder / "a.json").read_text())
    shoal_said = json.loads(trace["otherData"]["shoal"])
    trace["otherData"]["shoal"] = json.dumps({**shoal_said, "form": 0})
    (folder / "old.json").write_text(json.dumps(trace))
    done = shoal(*words, cwd=folder)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""
