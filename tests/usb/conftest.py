"""Boards on serial ports for every test here, and a home of their own."""

import pytest
from unix_boards import UnixBoards

import interpreters


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No fleet file and no keys but the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SHOAL_PORTS", raising=False)
    monkeypatch.delenv("SHOAL_CLUSTER", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def boards(tmp_path):
    """Makes boards: `boards.board()`."""
    why_not = interpreters.missing("micropython")
    if why_not:
        pytest.skip(why_not)
    folder = tmp_path / "boards"
    folder.mkdir()
    made = UnixBoards(folder)
    yield made
    made.close()
