"""A firmware file is what its bytes say; whatever could leave a board without firmware is refused."""

import os
from pathlib import Path

import firmware_files as files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.errors import UsageError
from shoal.flash import chips, firmware

LONG = files.banner() + bytes(5000)
CUT = files.uf2(LONG)
OTHERS = files.block(b"", 0, 1, 0x57755A57)


@pytest.fixture
def written(tmp_path):
    def write(data, name="file.uf2"):
        file = tmp_path / name
        file.write_bytes(data)
        return file

    return write


@pytest.mark.parametrize(
    ("data", "chip", "version", "machine"),
    [
        (files.uf2(LONG), "rp2040", "v1.28.0", files.PICO),
        (files.uf2(bytes(250) + LONG), "rp2040", "v1.28.0", files.PICO),  # the banner lies across two blocks
        (files.uf2(b"a program in C"), "rp2040", "", ""),
        (
            files.uf2(
                files.banner("v1.29.0-preview.12.g1234", "Raspberry Pi Pico2 with RP2350"),
                files.RP2350,
                before=files.block(b"\xef" * 256, 0, 1, files.ANY),
            ),
            "rp2350",
            "v1.29.0-preview.12.g1234",
            "Raspberry Pi Pico2 with RP2350",
        ),
        (files.esp(9, files.banner(machine="Generic ESP32S3 module with ESP32-S3")), "esp32s3", "v1.28.0", None),
        (files.esp(0, files.banner(machine="Generic ESP32 module with ESP32"), 0x1000), "esp32", "v1.28.0", None),
        (files.esp(0, files.banner(machine="M5 with ESP32-PICO-D4"), 0x1000), "esp32", "v1.28.0", None),
        (files.esp(0xFFFF, files.banner(machine="ESP module (1M) with ESP8266"), partitions=False), "esp8266", "v1.28.0", None),
        (files.esp(5), "esp32c3", "", ""),
    ],
    ids=["pico", "across blocks", "not MicroPython", "pico 2", "s3", "esp32", "pico-d4", "esp8266", "no banner"],
)
def test_what_a_file_is(written, data, chip, version, machine):
    found = firmware.read(written(data, "WRONG_NAME-v9.9.uf2"))
    assert (found.chip, found.version) == (chip, version)
    assert machine is None or found.machine == machine
    assert found.size == len(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "neither a UF2"),
        (b"<!DOCTYPE html><title>404</title>", "neither a UF2"),
        (CUT[:-100], "cut off"),
        (CUT[:-512], "39 of its 40 blocks"),
        (CUT[:512] + b"\0" * 512 + CUT[1024:], "block 1 is damaged"),
        (files.block(b"", 0, 1, flags=0), "no UF2 family id"),
        (OTHERS, "0x57755a57"),
        (files.uf2() + files.uf2(family=files.RP2350), "rp2040 and rp2350"),
        (files.block(b"", 0, 1, files.ANY), "no chip in particular"),
        (files.uf2(b"Adafruit CircuitPython 9.1.1 on 2024-07-22; Raspberry Pi Pico with rp2040"), "CircuitPython 9.1.1"),
        (files.uf2(files.banner(machine="Generic ESP32S3 module with ESP32-S3")), "contradicts itself"),
        (files.esp(9, partitions=False), "update without bootloader"),
        (files.esp(777), "number 777"),
        (b"\xe9\x03\x02", "cut off"),
    ],
)
def test_what_is_refused_and_why(written, data, told):
    file = written(data)
    with pytest.raises(UsageError, match=told) as refused:
        firmware.read(file)
    assert str(file) in str(refused.value)


def test_a_folder_stands_for_the_firmware_in_it(tmp_path, written):
    with pytest.raises(UsageError, match=r"no \.uf2 or \.bin file"):
        firmware.read_all([tmp_path])
    written(files.uf2(), "b.uf2"), written(files.esp(), "a.bin"), written(b"x", "readme.txt")
    assert [file.path.name for file in firmware.read_all([tmp_path, tmp_path / "b.uf2"])] == ["a.bin", "b.uf2"]
    with pytest.raises(UsageError, match="No such file"):
        firmware.read_all([tmp_path / "nothing.uf2"])


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=600), st.binary(max_size=600).map(lambda tail: b"UF2\n" + tail)),
    st.integers(0, 40 * 512 - 1),
    st.integers(0, 255),
)
def test_no_bytes_raise_anything_but_a_usage_error(tmp_path_factory, data, at, byte):
    damaged = bytearray(CUT)
    damaged[at] = byte
    for content in (data, bytes(damaged)):
        file = tmp_path_factory.getbasetemp() / "any.uf2"
        file.write_bytes(content)
        try:
            assert firmware.read(file).chip == "rp2040"
        except UsageError as refused:
            assert str(refused)


def test_the_chips_are_those_of_the_esptool_that_is_installed():
    targets = pytest.importorskip("esptool.targets")
    ids = {rom.IMAGE_CHIP_ID: name for name, rom in targets.CHIP_DEFS.items() if getattr(rom, "IMAGE_CHIP_ID", None) is not None}
    for number, name in chips.ESP_IDS.items():
        assert ids[number] == name
        assert chips.ESP_START.get(name, 0) == targets.CHIP_DEFS[name].BOOTLOADER_FLASH_OFFSET
        assert chips.chip(targets.CHIP_DEFS[name].CHIP_NAME) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Generic ESP32S3 module with ESP32-S3", "esp32s3"),
        ("Unexpected Maker TinyS2 with ESP32-S2FN4R2", "esp32s2"),
        ("LOLIN with ESP32-S3-PICO-1-N8R2", "esp32s3"),
        ("Raspberry Pi Pico2 with RP2350-RISCV", "rp2350"),
        ("linux [GCC 14.2.1] version", ""),
        ("PYBv1.1 with STM32F405RG", ""),
    ],
)
def test_the_name_of_a_chip(text, name):
    assert chips.chip(text) == name


@pytest.mark.skipif("SHOAL_PICO_FIRMWARE" not in os.environ, reason="SHOAL_PICO_FIRMWARE names no .uf2 file")
def test_a_real_firmware_file():
    found = firmware.read(Path(os.environ["SHOAL_PICO_FIRMWARE"]))
    assert found.chip == "rp2040" and found.version.startswith("v1.") and "with RP2040" in found.machine
