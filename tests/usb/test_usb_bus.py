"""`shoal adopt --bus` on boards behind serial ports: what is installed, what starts, and that `release` leaves nothing."""

import json
import textwrap

import pytest
import terminals

from shoal import Cluster, image
from shoal.cli import main as shoal
from shoal.errors import LinkError, UsageError
from shoal.usb import install, jobs
from shoal.usb.visit import visit

PINS = {"sda": 10, "scl": 11, "attention": 13, "role": 22, "led": 25}
SETTINGS = jobs.settings("i2c", 400_000, PINS)
JOB = """
from shoal_board import Cluster
from beside import ANSWER

def main():
    print("the job runs:", ANSWER, Cluster is not None)
"""


def square(x):
    return x * x


def files(board):
    return {path.relative_to(board.flash).as_posix(): path.read_bytes() for path in board.flash.rglob("*") if path.is_file()}


def ground(board):
    """Its role pin, at the next start."""
    (board.flash / "grounded").write_text("22")


def adopt(board, bus, **options):
    with visit((str(board.port),)) as visited:
        options |= {"replace_main": False, "bus": bus}
        (done,) = visited.each(lambda host: install.adopt(host.bootstrap, host.found, None, **options))
        if done.error:
            raise done.error
        return done.told


def release(board):
    with visit((str(board.port),)) as visited:
        (done,) = visited.each(lambda host: install.release(host.bootstrap, host.found))
        return done.told


def job(folder, text=JOB):
    (folder / "my_job.py").write_text(textwrap.dedent(text))
    (folder / "beside.py").write_text("ANSWER = 42\n")
    return jobs.compiled(folder / "my_job.py", None, (6, 3))


def test_a_processor_and_what_is_on_its_flash(boards):
    board = boards.board()
    told = adopt(board, jobs.OnBus("i2c", SETTINGS))
    assert told.role == "processor"
    there = files(board)
    assert json.loads(there["shoal_bus.json"])["pins"] == PINS
    expected = {f"lib/{name}" for name in image.agent(("i2c_target",))}
    assert set(there) == expected | {"main.py", "shoal_bus.json", "lib/shoal_board/manifest"}
    again = adopt(board, jobs.OnBus("i2c", SETTINGS))
    assert (again.written, again.bytes, again.role) == (0, 0, "processor")
    assert release(board).written == len(there)
    assert files(board) == {}


def test_a_controller_runs_its_job_and_then_answers_a_computer(boards, tmp_path):
    board = boards.board()
    ground(board)
    assert adopt(board, jobs.OnBus("i2c", SETTINGS, job(tmp_path))).role == "controller"
    assert {"lib/shoal_board/jobs/job.mpy", "lib/shoal_board/jobs/beside.mpy"} < set(files(board))
    board.pull()
    board.plug()
    with terminals.Terminal(board.port) as terminal:
        terminal.until(b"the job runs: 42 True")
    with pytest.raises(LinkError, match="reached by bus:"), Cluster(board.spec) as cluster:
        cluster.submit(square, 5).result()
    told = adopt(board, None)  # as `shoal adopt` alone would: it is and stays a board of a bus
    assert (told.written, told.role) == (0, "controller")
    before = files(board)
    assert adopt(board, jobs.OnBus("i2c", SETTINGS)).written == 0  # the job stays, too
    assert files(board) == before
    adopt(board, jobs.OnBus("i2c", SETTINGS, {}))
    assert not [name for name in files(board) if "jobs" in name]
    release(board)
    assert set(files(board)) == {"grounded"}


def test_a_job_that_raises_says_so_and_the_controller_goes_on(boards, tmp_path):
    board = boards.board()
    ground(board)
    adopt(board, jobs.OnBus("i2c", SETTINGS, job(tmp_path, "def main():\n    print(1 // 0)\n")))
    board.pull()
    board.plug()
    with terminals.Terminal(board.port) as terminal:
        terminal.until(rb"ZeroDivisionError.*shoal: job\.py has failed; a computer on USB can still use the bus")
    assert adopt(board, None).role == "controller"


def test_a_processor_on_usb_is_left_to_its_controller(boards):
    board = boards.board()
    adopt(board, jobs.OnBus("i2c", SETTINGS))
    with pytest.raises(LinkError, match="adopted for a bus"), Cluster(board.spec):
        pass
    with terminals.Terminal(board.port) as terminal:
        terminal.type(b"\x04")
        terminal.until(b"shoal: processor e661")


def test_settings_are_the_users_to_change(boards):
    board = boards.board()
    adopt(board, jobs.OnBus("i2c", SETTINGS))
    own = jobs.settings("i2c", 100_000, PINS)
    (board.flash / "shoal_bus.json").write_bytes(own)
    assert adopt(board, None).written == 0
    assert files(board)["shoal_bus.json"] == own
    (board.flash / "shoal_bus.json").write_text('{"wire": "smoke"}')
    with pytest.raises(UsageError, match="makes no sense"):
        adopt(board, None)
    assert adopt(board, jobs.OnBus("i2c", SETTINGS)).written == 1


def test_what_is_no_job_is_refused_before_a_board_is_touched(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        jobs.compiled(tmp_path / "none.py", None, (6, 3))
    with pytest.raises(UsageError, match=r"needs a function `main\(\)`"):
        job(tmp_path, "x = 1\n")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--job", "job.py"], "belong to --bus"),
        (["--bus", "--wifi", "HOME"], "not by both"),
        (["--bus", "--job", "nowhere.py"], "no such file"),
    ],
)
def test_wrong_words(boards, words, complaint, capsys):
    board = boards.board()
    assert shoal(["adopt", str(board.port), *words]) == 2
    assert complaint in capsys.readouterr().err
    assert files(board) == {}


def test_the_command(boards, tmp_path, capsys):
    board = boards.board()
    ground(board)
    job(tmp_path)
    words = ["adopt", str(board.port), "--bus", "--job", str(tmp_path / "my_job.py"), "--freq", "100k"]
    assert shoal(words) == 0
    assert "controller" in capsys.readouterr().out
    assert json.loads(files(board)["shoal_bus.json"]) == {"wire": "i2c", "frequency_hz": 100_000, "pins": PINS}
    assert shoal(["release", str(board.port)]) == 0
    assert set(files(board)) == {"grounded"}
