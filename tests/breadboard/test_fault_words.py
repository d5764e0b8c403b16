"""Faults: read from words, written back, and drawn by a seed."""

import pytest

from shoal.errors import UsageError
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.faults import Fault, parse

CRAY = wiring.load("picocray")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("unplug:3@2s", Fault("unplug", "p3", 2.0)),
        ("unplug:0", Fault("unplug", "controller", 0.0)),
        ("unplug:p8@1500ms..4", Fault("unplug", "p8", 1.5, 4.0)),
        ("replug:p8@4s", Fault("replug", "p8", 4.0)),
        ("brownout:p1@.5s", Fault("brownout", "p1", 0.5)),
        ("stuck:sda=0@1s..1.5s", Fault("stuck", "sda", 1.0, 1.5, 0.0)),
        ("noise=1e-4", Fault("noise", "", 0.0, None, 1e-4)),
        ("noise:scl=0.001@2s", Fault("noise", "scl", 2.0, None, 0.001)),
        ("nopullup", Fault("nopullup")),
        ("nopullup:scl@1s", Fault("nopullup", "scl", 1.0)),
        ("twins: 2 , p5@3s", Fault("twins", "p2,p5", 3.0)),
        ("slow:7=4", Fault("slow", "p7", 0.0, None, 4.0)),
    ],
)
def test_faults_are_read_and_written(text: str, fault: Fault) -> None:
    assert parse(text, CRAY) == fault
    assert parse(str(fault), CRAY) == fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is not KIND:TARGET@TIME"),
        ("unplugg:3", "unknown kind 'unplugg' (did you mean 'unplug'?)"),
        ("unplug", "unplug is for a board: write unplug:3"),
        ("unplug:1,2", "unplug is for a board"),
        ("unplug:9", "unknown board '9'; known: controller, p1"),
        ("unplug:contoller", "(did you mean 'controller'?)"),
        ("unplug:3@soon", "'soon' is not a time such as 2s"),
        ("unplug:3@2s..1s", "it ends before it begins"),
        ("unplug:3=1", "unplug has no value"),
        ("replug:3@1s..2s", "replug happens once"),
        ("stuck:sda", "stuck needs a value, 0 or 1"),
        ("stuck:sda=2", "its value is 0 or 1"),
        ("stuck=0", "stuck is for a net: write stuck:sda"),
        ("stuck:sdb=0", "unknown net 'sdb' (did you mean 'sda'?)"),
        ("noise=0.5", "its value is 0 to 0.1"),
        ("noise=nan", "its value is"),
        ("slow:3=1", "its value is above 1"),
        ("twins:3", "twins is for two boards: write twins:2,5"),
        ("twins:3,p3", "two different boards"),
    ],
)
def test_wrong_words(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, CRAY)
    assert told in str(caught.value)
    assert f"cannot use the fault '{text}'" in str(caught.value)


def test_without_a_wiring_targets_stay_as_they_are() -> None:
    assert parse("twins:2,9@1s").targets == ("2", "9")


def test_random_faults_repeat_and_can_be_survived() -> None:
    seen = set()
    for seed in range(300):
        drawn = faults.random_faults(seed, CRAY, 5.0, count=4)
        assert drawn == faults.random_faults(seed, CRAY, 5.0, count=4)
        assert len(drawn) == 4 and [fault.at_s for fault in drawn] == sorted(fault.at_s for fault in drawn)
        hurt = {fault.target for fault in drawn if faults.KINDS[fault.kind].target == faults.BOARD}
        assert "controller" not in hurt and len(hurt) < 8, f"seed {seed}"
        for fault in drawn:
            seen.add(fault.kind)
            assert 0 <= fault.at_s <= 5
            assert parse(str(fault), CRAY).kind == fault.kind
            if fault.kind in ("stuck", "noise"):
                assert fault.until_s is not None and fault.target in ("sda", "scl", "assert")
    assert seen == {"unplug", "brownout", "slow", "stuck", "noise"}


def test_the_nets_of_a_bus() -> None:
    assert faults.bus_nets(CRAY) == ["sda", "scl", "assert"]
    assert faults.bus_nets(wiring.load("uart")) == ["down", "up", "assert"]
