"""Who gets which firmware, and the processes that write it: real mpflash and esptool, on folders and on ports where nobody is."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import firmware_files
import lines
import pytest

from shoal.flash import drives, look
from shoal.flash.crew import Crew, missing
from shoal.flash.firmware import Firmware
from shoal.flash.plan import plan
from shoal.flash.targets import Target

PICO = Firmware(Path("pico.uf2"), "rp2040", "v1.28.0", firmware_files.PICO, 1)
PICO_W = Firmware(Path("picow.uf2"), "rp2040", "v1.28.0", "Raspberry Pi Pico W with RP2040", 1)
OLD = Firmware(Path("old.uf2"), "rp2040", "v1.20.0", firmware_files.PICO, 1)
S3 = Firmware(Path("s3.bin"), "esp32s3", "v1.28.0", "Generic ESP32S3 module with ESP32-S3", 1)
BLINK = Firmware(Path("blink.uf2"), "rp2040", "", "", 1)

RUNS = Target("/dev/ttyACM0", False, "rp2040", "MicroPython v1.22.0", firmware_files.PICO, place="1-1")
DRIVE = Target("/media/anna/RPI-RP2", True, "rp2040", "the bootloader of a Raspberry Pi RP2")
BLANK = Target("/dev/ttyUSB0", False, "", "nothing that answers")


# --- the plan ---


@pytest.mark.parametrize(
    ("target", "files", "gets"),
    [
        (RUNS, [PICO], "pico.uf2"),
        (RUNS, [PICO, S3], "pico.uf2"),
        (RUNS, [PICO, PICO_W], "pico.uf2"),  # its own machine's name decides
        (RUNS, [BLINK], "blink.uf2"),
        (DRIVE, [S3, PICO], "pico.uf2"),
        (replace(RUNS, chip="esp32s3", machine=S3.machine), [PICO, S3], "s3.bin"),
        (RUNS, [S3], "no file for rp2040: s3.bin is for esp32s3"),
        (DRIVE, [PICO, PICO_W], "more than one file"),
        (RUNS, [PICO, OLD], "more than one file"),
        (RUNS, [PICO_W], "--other-board"),
        (BLANK, [PICO, S3], "its chip is not known"),
        (replace(RUNS, trouble="it is busy"), [PICO], "it is busy"),
        (replace(RUNS, now="MicroPython v1.28.0"), [PICO], "--again"),
    ],
)
def test_a_board_gets_the_one_file_that_is_for_it_or_none(target, files, gets):
    (step,) = plan([target], files, other_board=False, again=False)
    got = step.firmware.path.name if step.firmware else step.refusal
    assert gets in got
    assert bool(step.tool) == bool(step.firmware) != bool(step.refusal)


def test_what_was_asked_for_explicitly_is_done():
    (step,) = plan([RUNS], [PICO_W], other_board=True, again=False)
    assert step.firmware == PICO_W
    (step,) = plan([replace(RUNS, now="MicroPython v1.28.0")], [PICO], other_board=False, again=True)
    assert step.firmware == PICO


def test_tools_and_turns():
    esp = replace(RUNS, chip="esp32s3", machine="")
    steps = plan([RUNS, replace(RUNS, place=""), DRIVE, esp], [BLINK, S3], other_board=False, again=False)
    assert [step.tool for step in steps] == ["mpflash", "mpflash", "mpflash", "esptool"]
    # Without its place in the USB tree, nobody could tell its drive from another Pico's.
    assert [step.lane for step in steps] == ["", "bootloader", "", ""]


def test_a_tool_that_is_not_installed_is_named_before_anything_begins():
    (step,) = plan([RUNS], [PICO], other_board=False, again=False)
    tools = [replace(step, tool=tool) for tool in ("json", "no_such_flasher", "")]
    assert missing(tools) == ["no_such_flasher"]


# --- drives ---


def test_drives_are_found_with_their_places(tmp_path):
    one = firmware_files.drive(tmp_path / "RPI RP2")
    two = firmware_files.drive(tmp_path / "RP2350", "RP2350", "RP2350")
    stick = tmp_path / "stick"
    stick.mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"proc /proc proc rw 0 0\n/dev/sda1 {str(one).replace(' ', chr(92) + '040')} vfat rw 0 0\n"
        f"/dev/sdb1 {two} vfat rw 0 0\n/dev/sdc1 {stick} vfat rw 0 0\n"
    )
    blocks = tmp_path / "block"
    blocks.mkdir()
    bus = tmp_path / "devices/pci0000:00/usb1"
    for name, plugged in (("sda", "1-1/1-1.4"), ("sdb", "1-2")):
        disk = bus / plugged / f"{Path(plugged).name}:1.0/host3/target3:0:0/3:0:0:0/block" / name / f"{name}1"
        disk.mkdir(parents=True)
        (blocks / f"{name}1").symlink_to(disk)
    assert [(drive.folder, drive.chip, drive.place) for drive in drives.drives(mounts, blocks)] == [
        (one, "rp2040", "1-1.4"),
        (two, "rp2350", "1-2"),
    ]
    assert drives.drives(tmp_path / "nothing", blocks) == []


def test_a_bootloader_whose_drive_is_not_mounted_is_told(tmp_path):
    place = tmp_path / "1-1.2"
    place.mkdir()
    for name, text in (("idVendor", "2e8a"), ("idProduct", "000f"), ("product", "RP2350 Boot")):
        (place / name).write_text(text + "\n")
    found = [target for target in look._all_drives(tmp_path) if target.where == "USB 1-1.2"]
    assert [(target.chip, target.is_drive) for target in found] == [("rp2350", True)]
    assert "not mounted" in found[0].trouble


# --- the processes ---


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "RPI_PICO-v1.28.0.uf2"
    path.write_bytes(firmware_files.uf2(firmware_files.banner() + bytes(200_000)))
    return path


def steps_for(file, *folders):
    firmware = replace(PICO, path=file)
    targets = [Target(str(folder), True, "rp2040", "a bootloader") for folder in folders]
    return plan(targets, [firmware], other_board=False, again=False)


def test_many_boards_at_once_and_one_that_fails_stops_no_other(tmp_path, file):
    pytest.importorskip("mpflash")
    folders = [firmware_files.drive(tmp_path / f"board{number}") for number in range(4)]
    wrong = firmware_files.drive(tmp_path / "wrong", "RP2350", "RP2350")
    gone = tmp_path / "gone"
    crew = Crew(steps_for(file, *folders, wrong, gone), erase=False)
    ran = []
    with firmware_files.Bootloaders(*folders, size=file.stat().st_size):
        crew.run(lambda one: ran.append(sum(other.state == "runs" for other in crew.flashings)))
    assert [one.state for one in crew.flashings] == ["done"] * 4 + ["failed"] * 2
    assert max(ran) == 6
    assert all((folder / file.name).read_bytes() == file.read_bytes() for folder in folders)
    assert all(one.text == "v1.28.0" for one in crew.flashings[:4])
    assert "the bootloader says rp2350, and the file is for rp2040" in crew.flashings[4].text
    assert not (wrong / file.name).exists()
    assert "no drive of a bootloader" in crew.flashings[5].text


def test_turns_are_taken_in_a_lane(tmp_path, file):
    pytest.importorskip("mpflash")
    folders = [firmware_files.drive(tmp_path / f"board{number}") for number in range(3)]
    steps = [replace(step, lane="bootloader") for step in steps_for(file, *folders)]
    crew = Crew(steps, erase=False)
    ran = []
    with firmware_files.Bootloaders(*folders, size=file.stat().st_size):
        crew.run(lambda one: ran.append(sum(other.state == "runs" for other in crew.flashings)))
    assert [one.state for one in crew.flashings] == ["done"] * 3
    assert max(ran) == 1


def test_one_that_hangs_is_given_up(tmp_path, file):
    pytest.importorskip("mpflash")
    crew = Crew(steps_for(file, firmware_files.drive(tmp_path / "board")), erase=False, silent_s=2.0)
    crew.run(lambda one: None)
    (one,) = crew.flashings
    assert one.state == "failed" and "nothing happened for 2 s" in one.text


def test_a_process_that_chatters_and_dies_says_what_it_died_of(tmp_path, file, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    (tmp_path / "mpflash").mkdir()
    (tmp_path / "mpflash/__init__.py").write_text("print('hello')\nprint(7)\nraise SystemExit('this mpflash is broken')")
    crew = Crew(steps_for(file, firmware_files.drive(tmp_path / "board")), erase=False)
    crew.run(lambda one: None)
    assert crew.flashings[0].state == "failed"
    assert crew.flashings[0].text == "this mpflash is broken"


def test_erasing_a_pico_is_refused_before_anything_is_touched(tmp_path, file):
    pytest.importorskip("mpflash")
    folder = firmware_files.drive(tmp_path / "board")
    crew = Crew(steps_for(file, folder), erase=True)
    crew.run(lambda one: None)
    assert "does not erase" in crew.flashings[0].text
    assert [entry.name for entry in folder.iterdir()] == ["INFO_UF2.TXT"]


@pytest.mark.slow
def test_esptool_on_a_port_where_nobody_answers(tmp_path):
    pytest.importorskip("esptool")
    image = tmp_path / "s3.bin"
    image.write_bytes(firmware_files.esp(9))
    ours, theirs = pty.openpty()
    targets = [Target(where, False, "esp32s3", "nothing") for where in (os.ttyname(theirs), "/dev/ttyNOWHERE")]
    crew = Crew(plan(targets, [replace(S3, path=image)], other_board=False, again=False), erase=False)
    crew.run(lambda one: None)
    silent, absent = crew.flashings
    assert silent.state == absent.state == "failed"
    assert "Failed to connect" in silent.text and "ttyNOWHERE" in absent.text
    assert "\n" not in silent.text + absent.text
    os.close(ours), os.close(theirs)


# --- the command ---


def command(*words, **settings):
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings}
    return subprocess.Popen([sys.executable, "-m", "shoal.cli", "flash", *map(str, words)], **settings)


def told(*words):
    process = command(*words)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_dry_run_tells_and_touches_nothing(tmp_path, file):
    folder = firmware_files.drive(tmp_path / "board")
    before = sorted(entry.stat().st_mtime_ns for entry in folder.iterdir())
    code, out, _ = told(file, "--on", folder, "--dry-run", "--json")
    assert code == 0
    (step,) = json.loads(out)["plan"]
    assert step["chip"] == "rp2040" and step["tool"] == "mpflash" and step["version"] == "v1.28.0"
    assert step["file"] == str(file) and step["refusal"] is None
    code, out, _ = told(file, "--on", folder, "--dry-run")
    assert code == 0 and "MicroPython v1.28.0 for Raspberry Pi Pico with RP2040" in out
    assert sorted(entry.stat().st_mtime_ns for entry in folder.iterdir()) == before


def test_nothing_is_written_unasked(tmp_path, file):
    pytest.importorskip("mpflash")
    folder = firmware_files.drive(tmp_path / "board")
    code, _, err = told(file, "--on", folder)
    assert code == 2 and "--yes" in err
    assert not (folder / file.name).exists()


def test_with_yes_it_writes_and_says_how_it_went(tmp_path, file):
    pytest.importorskip("mpflash")
    folder, wrong = firmware_files.drive(tmp_path / "board"), firmware_files.drive(tmp_path / "other", "RP2350", "RP2350")
    with firmware_files.Bootloaders(folder, size=file.stat().st_size):
        code, out, err = told(file, "--on", f"{folder},{wrong}", "--yes", "--json")
    assert code == 1  # one that was named cannot be written to; the other one is
    assert [board["state"] for board in json.loads(out)["boards"]] == ["done", "refused"]
    assert "no file for rp2350" in err and "1 of 1 boards were written" in err
    assert (folder / file.name).exists() and not (wrong / file.name).exists()


def test_boards_on_ports_are_asked_what_they_are(boards, file):
    board = boards.board()
    code, out, _ = told(file, "--on", f"usb:{board.port},/dev/ttyNOWHERE", "--dry-run", "--json")
    here, nowhere = json.loads(out)["plan"]
    assert code == 1
    assert here["now"].startswith("MicroPython v1.")
    assert here["refusal"] == "its chip is not known; name it with --chip, if you know it"
    assert "no port" in nowhere["refusal"]
    code, out, _ = told(file, "--on", f"usb:{board.port}", "--chip", "RP2040", "--dry-run", "--json")
    assert json.loads(out)["plan"][0]["chip"] == "rp2040"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/nowhere.uf2"], "cannot be read"),
        (["FILE", "--on", "tcp:10.0.0.7"], "goes through USB"),
        (["FILE", "--chip", "z80", "--on", "/dev/null"], "z80 is no chip"),
    ],
)
def test_wrong_use(file, words, says):
    code, out, err = told(*[file if word == "FILE" else word for word in words])
    assert code == 2 and says in err and out == ""


def test_a_second_ctrl_c_ends_all_and_the_first_nothing_that_has_begun(tmp_path, file):
    pytest.importorskip("mpflash")
    folder = firmware_files.drive(tmp_path / "board")  # takes the file, and never starts it
    process = command(file, "--on", folder, "--yes")
    for line in process.stderr:
        if "waiting for it to start" in line:
            break
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert (folder / file.name).exists()


def test_a_gps_receiver_is_not_flashed():
    with lines.saying(lines.NMEA, every_s=0.5) as port:
        (target,) = look.look((port,), "rp2040")
    (step,) = plan([target], [PICO], other_board=False, again=False)
    assert "GPS" in step.refusal and step.firmware is None
