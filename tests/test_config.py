"""The fleet files and the keys: read as written, refused with file and reason, written so that nothing else is lost."""

import re
import stat
import threading
from pathlib import Path

import pytest

from shoal import config
from shoal.errors import SpecError, UsageError

LEFT = "e6614103e7452d2f"
RIGHT = "e6614103e7452d30"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's folder and a working directory, both empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "config" / "shoal"


def write(text: str) -> Path:
    Path("shoal.toml").write_text(text)
    return Path.cwd() / "shoal.toml"


def test_boards_are_read(home):
    facts = 'tags = ["camera", "sht31"]\naddress = "10.0.0.7"\nkind = "pico_w"'
    write(f'[boards.left]\nid = "{LEFT.upper()}"\n{facts}\n[boards.other]\n')
    left, other = config.boards()
    assert (left.name, left.id, left.tags, left.kind, left.address) == ("left", LEFT, ("camera", "sht31"), "pico_w", "10.0.0.7")
    assert (other.name, other.id, other.tags) == ("other", "", ())


def test_the_working_directory_goes_before_the_user(home):
    config.name_board(LEFT, "mine")
    config.name_board(RIGHT, "second")
    write(f'[boards.ours]\nid = "{LEFT}"\n')
    assert [board.name for board in config.boards()] == ["ours", "second"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("boards = 3", "'boards' must be a table"),
        ("[boards]\nleft = 3", "'boards.left' must be a table"),
        ("[boards.left]\nidd = 3", "unknown key 'idd'"),
        ("[boards.left]\nid = 3", "id must be a string, not 3"),
        ('[boards.left]\ntags = "camera"', "tags must be a list of words"),
        ('[boards.left]\ntags = [""]', "tags must be a list of words"),
        ('[boards."a,b"]\n', "cannot be named 'a,b'"),
        (f'[boards.a]\nid = "{LEFT}"\n[boards.b]\nid = "{LEFT}"', f"a and b have the same id {LEFT}"),
    ],
)
def test_what_is_wrong_is_named(home, text, reason):
    file = write(text)
    with pytest.raises(SpecError, match=f"^{re.escape(str(file))}.*{reason}"):
        config.boards()


def test_a_board_is_found_by_name_id_and_beginning(home):
    write(f'[boards.left]\nid = "{LEFT}"\n[boards.right]\nid = "{RIGHT}"\n')
    assert config.find("left").id == LEFT
    assert config.find(RIGHT).name == "right"
    assert config.find(LEFT[:-1] + "f").name == "left"
    assert config.find("e66") is None, "too short to mean anything"
    assert config.find("nobody") is None


def test_two_matches_are_an_error_that_lists_both(home):
    write(f'[boards.left]\nid = "{LEFT}"\n[boards.right]\nid = "{RIGHT}"\n')
    with pytest.raises(UsageError, match=f"more than one board: left .*{LEFT}.*; right .*{RIGHT}"):
        config.find("E6614103")


def test_naming_keeps_what_else_is_in_the_file(home):
    file = config.name_board(LEFT, "left")
    text = file.read_text().replace("[boards.left]", '# my first\n[boards.left]\ntags = ["camera"]  # pointed at the door')
    file.write_text(text + "[cluster]\nspec = 'usb:'\n")
    config.name_board(RIGHT, "right")
    config.name_board(LEFT, "left-one")
    after = file.read_text()
    assert "# my first" in after and "# pointed at the door" in after
    assert config.find("left-one").tags == ("camera",) and config.find("left") is None
    assert config.read(file).spec == "usb:"


def test_a_name_that_is_taken_or_cannot_be_one_changes_nothing(home):
    file = config.name_board(LEFT, "left")
    before = file.read_text()
    for name, reason in [("left", "belongs to"), ("a b", "cannot be named"), ("", "cannot be named")]:
        with pytest.raises(UsageError, match=reason):
            config.name_board(RIGHT, name)
    assert file.read_text() == before


def test_keys_are_for_their_owner_only(home):
    assert config.key(LEFT) is None
    file = config.store_key(LEFT, b"k" * 32)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert config.key(LEFT) == b"k" * 32 and config.key(RIGHT) is None
    file.chmod(0o644)
    with pytest.raises(UsageError, match=r"may be read by others \(mode 644\).*chmod 600"):
        config.key(LEFT)
    with pytest.raises(UsageError, match="may be read by others"):
        config.store_key(RIGHT, b"x" * 32)


@pytest.mark.parametrize("text", ["not toml at all", f'{LEFT} = "zz"', f"{LEFT} = 7"])
def test_a_keys_file_that_is_wrong_is_named_and_kept(home, text):
    file = config.store_key(RIGHT, b"k" * 32)
    file.write_text(text)
    with pytest.raises(UsageError, match=re.escape(str(file))):
        config.key(LEFT)
    assert file.read_text() == text


def test_boards_adopted_side_by_side_all_get_their_key(home):
    ids = [f"{number:016x}" for number in range(12)]
    threads = [threading.Thread(target=config.store_key, args=(name, name.encode() * 2)) for name in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [config.key(name) for name in ids] == [name.encode() * 2 for name in ids]
