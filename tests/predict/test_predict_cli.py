"""`shoal predict` as users run it, and the samples that it is made from: real boards, real scripts, wrong ones too."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shoal import Cluster, cli, sampling, spec
from shoal.bench.process import family
from shoal.errors import ShoalError

USB = "virtual:8xpico?link=usb"
COMMAND = [sys.executable, "-m", "shoal.cli", "predict"]
SCRIPT = """
import sys
from shoal import Cluster

def work(x):
    total = 0
    for step in range(400):
        total += step * x & 7
    return total

with Cluster() as cluster:
    print("sum", sum(cluster.map(work, range(40))), *sys.argv[1:])
"""


def work(x):
    total = 0
    for step in range(300):
        total += step * x & 7
    return total


def hungry(x):
    return len(bytearray(60000)) + x


def slow(x):
    for _ in range(30000):
        x += 1
    return x


def larger(x):
    return bytes(x)


def runs(pid):
    """Whether a process is there, and no zombie that nobody has buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    file = tmp_path_factory.mktemp("predict") / "script.py"
    file.write_text(SCRIPT)
    return file


def shoal(*words, timeout=60):
    environment = {name: value for name, value in os.environ.items() if name != "SHOAL_CLUSTER"}
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=timeout, env=environment)


def test_the_script_keeps_its_output_and_the_table_follows(script):
    done = shoal("--on", USB, "--boards", "1,2,8", "--seconds", "0.3", script, "one", "--two")
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith("sum ")
    assert first.endswith(" one --two")
    text = "\n".join(rest)
    for words in ("boards", "speed-up", "efficiency", "joules", "bound by", "best lump", "best number of boards", "limit"):
        assert words in text
    assert [line.split()[0] for line in rest if line[:6].strip().isdecimal()] == ["1", "2", "8"]
    assert "of 40 calls were run" in text
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_json_is_all_there_is_on_standard_output(script, tmp_path):
    curve = tmp_path / "curve.svg"
    done = shoal("--on", USB, "--boards", "1-3", "--seconds", "0.3", "--json", "--svg", curve, script)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [row["count"] for row in told["rows"]] == [1, 2, 3]
    assert [row["calls"] for row in told["rows"]] == [40, 40, 40]
    assert told["rows"][0]["speed_up"] == pytest.approx(1)
    assert told["rows"][0]["wall_s"] > told["itself_s"] > 0
    assert told["rows"][0]["joules"] > 0
    assert told["verdict"]
    assert "sum " in done.stderr
    assert "<svg" in curve.read_text()


def test_a_tree_of_computers_and_gateways(script):
    done = shoal("--on", USB, "--boards", "2,4", "--seconds", "0.3", "--computers", "3", "--gateways", "2", "--json", script)
    assert done.returncode == 0, done.stderr
    assert [row["count"] for row in json.loads(done.stdout)["rows"]] == [12, 24]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--boards", "0"), "from 1 to"),
        (("--boards", "4,-1"), "'-1' is no number of boards"),
        (("--boards", "8-2"), "from 1 to"),
        (("--boards", "1,,2"), "'' is no number of boards"),
        (("--on", "virtual:4xpicoo"), "pico"),
        (("--on", "virtual:4xpico?link=usbb"), "usb"),
        (("--on", "virtual:8xpico?link=i2c@400k", "--boards", "1,17"), "16"),
        (("--sample", "virtual:0xpico"), "count"),
        (("--svg", "/no/such/folder/x.svg"), "no such folder"),
        (("--png", "x.jpg"), ".png"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(script, capsys, words, told):
    assert cli.main(["predict", *words, str(script)]) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert "Traceback" not in err
    assert out == ""


def test_a_script_that_is_not_there(capsys):
    assert cli.main(["predict", "nothing.py"]) == 2
    assert "there is no script nothing.py" in capsys.readouterr().err


def test_a_script_that_fails(tmp_path):
    file = tmp_path / "fails.py"
    file.write_text(SCRIPT + "\nraise SystemExit(7)\n")
    done = shoal("--on", USB, file)
    assert done.returncode == 7
    assert "nothing to predict" in done.stderr
    assert "boards" not in done.stdout


def test_a_script_without_calls(tmp_path):
    file = tmp_path / "idle.py"
    file.write_text("print('no cluster here')\n")
    done = shoal("--on", USB, file)
    assert done.returncode == 2
    assert "asked no cluster for any call" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_leaves_nothing_behind(script):
    with subprocess.Popen(
        [*COMMAND, "--on", USB, "--seconds", "60", str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 30
        for line in process.stderr:
            if "sampling" in line or time.monotonic() > deadline:
                break
        pids = family(process.pid)
        assert len(pids) > 2, pids  # the board is one
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(10) == 130
    assert "Traceback" not in rest
    assert "stopped by Ctrl-C" in rest
    assert not [pid for pid in pids if runs(pid)]


# --- the sample itself -----------------------------------------------------------------------


def test_a_sample_of_a_map():
    sample = sampling.sample_map(work, range(120), on="virtual:1xpico?link=usb", seconds=0.5)
    (job,) = sample.jobs
    assert (job.function, len(job.seconds), len(job.results)) == ("work", 120, 120)
    assert job.sizes == 4  # a range of small numbers travels as an array
    assert 50 < job.code < 2000
    assert job.after == 0
    assert 0.0005 < sum(job.seconds) / 120 < 0.5  # 300 steps of a Pico: about 5 ms
    assert sample.kind == "pico"
    assert 0 < sample.agent_lump_s < 0.2
    assert sample.agent_call_s >= 0
    assert 0 <= sample.error <= 1
    assert sample.spread >= 1
    assert "work: " in sample.notes[0]


def test_calls_of_submit_that_are_open_together_are_one_job_and_others_are_left_out():
    with sampling.noting() as notes, Cluster("virtual:2xpico") as cluster:
        cluster.run(work, 1)
        futures = [cluster.submit(slow, number) for number in range(50)]
        assert all(future.result() >= 0 for future in futures)
        assert len(list(cluster.map(larger, [10, 2000, 10]))) == 3
    jobs = notes.jobs()
    assert [(job.title, len(job.items)) for job in jobs] == [("slow", 50), ("larger", 3)]
    assert sum(jobs[1].results) == pytest.approx(2020, rel=0.1)
    assert min(jobs[0].took) > 0
    assert notes.remarks() == ("2 calls were for one board each (Cluster.run, Cluster.each, tuning); they are left out",)


def test_calls_that_the_program_cancels_are_left_out():
    with sampling.noting() as notes:
        with Cluster("virtual:1xpico") as cluster:
            answers = cluster.map(work, [20] * 30000)
            next(answers)
            answers.close()
        (job,) = notes.jobs()
    assert 0 < len(job.items) == len(job.results) == len(job.took) < 30000
    assert min(job.took) > 0
    assert notes.remarks()[0].startswith(f"{30000 - len(job.items)} calls were cancelled by the program")


def test_after_the_context_nothing_is_noted():
    with sampling.noting() as notes:
        pass
    with Cluster("virtual:1xpico") as cluster:
        assert list(cluster.map(work, [1])) == [work(1)]
    assert notes.jobs() == ()


def test_a_call_that_fails_on_the_sampled_board_alone():
    notes = sampling.Notes()
    with Cluster("virtual:1xpico") as cluster:
        cluster.listen(notes)
        assert list(cluster.map(hungry, range(4))) == [60000, 60001, 60002, 60003]
    with pytest.raises(ShoalError, match=r"the sample failed: call 1 of 1 of hungry raised MemoryError on virtual.*heap=80K"):
        sampling.sample(notes.jobs(), spec.parse("virtual:1xpico?heap=80K"), seconds=1)


def test_functions_of_one_name_are_two():
    with sampling.noting() as notes, Cluster("virtual:1xpico") as cluster:
        assert list(cluster.map(lambda x: x + 1, range(5))) == [1, 2, 3, 4, 5]
        assert list(cluster.map(lambda x: x * 2, range(5))) == [0, 2, 4, 6, 8]
        assert list(cluster.map(work, [1, 2])) == [work(1), work(2)]
        assert list(cluster.map(work, [3])) == [work(3)]
    sample = sampling.sample(notes.jobs(), spec.parse("virtual:1xpico"), seconds=0.5)
    assert [job.function for job in sample.jobs] == ["<lambda>", "<lambda> (2)", "work", "work"]
    assert sample.jobs[2].first_s == sample.jobs[3].first_s


def test_a_value_that_was_put_travels_once():
    with Cluster("virtual:1xpico") as cluster:
        notes = sampling.Notes()
        cluster.listen(notes)
        table = cluster.put(bytes(5000))
        assert list(cluster.map(longer, range(3), [table] * 3)) == [5000, 5001, 5002]
        sample = sampling.sample(notes.jobs(), spec.parse("virtual:1xpico"), seconds=0.5)
    assert sample.jobs[0].code > 5000
    assert max(sample.jobs[0].sizes) < 50


def longer(x, table):
    return len(table) + x
