"""What `shoal top` shows, from snapshots alone."""

from dataclasses import replace

import pytest

from shoal.cli.live import Line
from shoal.cli.panel import Panel
from shoal.snapshot import BoardNow, Snapshot, from_dict

BOARDS = tuple(BoardNow(f"pico-{number}", "idle", link="usb", heap_free=180_000) for number in range(1, 4))
NOW = Snapshot("usb:", "/home/anna/render.py", 4711, at=100.0, wall_s=4.0, asked=100, done=10, boards=BOARDS)


def later(seconds: float, *, done: int = 0, **changes: object) -> Snapshot:
    """The first board has changed since, by so much."""
    first = replace(BOARDS[0], **changes)  # type: ignore[arg-type]
    return replace(NOW, at=NOW.at + seconds, done=NOW.done + done, boards=(first, *BOARDS[1:]))


def panel(*looks: Snapshot) -> Panel:
    made = Panel()
    for look in looks:
        made.update({"one": look})
    return made


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def shown(made: Panel, width: int = 200, height: int = 40) -> str:
    return "\n".join(texts(made.lines(width, height)))


def test_rates_are_of_the_time_between_the_looks() -> None:
    after = later(2.0, done=30, calls=30, bytes_out=20_000, bytes_in=40_000, busy_s=1.5, state="busy", function="row", lumps=2)
    title, _, board, *_ = texts(panel(NOW, after).lines(200, 40))
    assert title == "usb:  3 of 3 boards  40 of 100 calls, 15.0 a second, 4.00 s  render.py (process 4711)"
    assert "row x2" in board and " 15.0 " in board and "75%" in board
    assert "10 kB/s" in board and "20 kB/s" in board
    # 10 kB/s of 122 and 20 of 599: 11.5 %.
    assert "usb  12%" in board


def test_rates_follow_the_last_seconds_only() -> None:
    looks = [later(float(second), bytes_out=1_000_000 if second else 0) for second in range(11)]
    assert "kB/s" in shown(panel(*looks[:2]))
    assert "kB/s" not in shown(panel(*looks))


def test_a_board_in_one_long_call_is_busy_although_it_accounts_for_nothing_yet() -> None:
    assert "100%" in shown(panel(later(0.0, lumps=1, state="busy"), later(2.0, lumps=1, state="busy")))


def test_a_first_look_has_no_rates_and_no_division_by_zero() -> None:
    assert "%" not in shown(panel(NOW)).replace("usb   0%", "")
    assert "a second" not in shown(panel(NOW, NOW))


@pytest.mark.parametrize("width", [1, 12, 40, 79, 120, 200])
def test_lines_keep_to_the_width_by_leaving_out_columns(width: int) -> None:
    lines = texts(panel(later(0.0, last_error="it was unplugged " * 9)).lines(width, 40))
    headings, *boards = lines[1:]
    assert all(len(line) <= max(width, 12) for line in (headings, *boards))
    assert headings.startswith("board")
    assert ("last error" in headings) == (width == 200)


@pytest.mark.parametrize("height", range(3, 30))
def test_lines_keep_to_the_height_and_count_what_does_not_fit(height: int) -> None:
    boards = tuple(BoardNow(f"b{number}", "busy" if number % 2 else "idle") for number in range(20))
    lines = texts(panel(replace(NOW, boards=boards)).lines(100, height))
    assert len(lines) <= height - 1
    named = sum(line.startswith("b") for line in lines[2:])
    if height > 5:
        assert named == 20 or f"and {20 - named} more: " in lines[-1]


def test_several_clusters_each_get_their_part() -> None:
    made = Panel()
    made.update({"a": NOW, "b": replace(NOW, spec="virtual:3xpico", pid=1)})
    lines = texts(made.lines(100, 24))
    assert [line.split()[0] for line in lines if "process" in line] == ["usb:", "virtual:3xpico"]
    made.update({"b": replace(NOW, spec="virtual:3xpico", pid=1)})
    assert "usb:" not in shown(made)
    made.update({})
    assert shown(made) == "no cluster of yours runs on this computer"


def test_what_is_wrong_stands_out() -> None:
    bad = later(0.0, state="down", temperature=81.0, heap_free=9000, resets=3, damaged=7, last_error="it was unplugged")
    styles = {text.strip(): style for line in panel(bad).lines(200, 40) for text, style in line}
    assert styles["down"] == styles["81 C"] == styles["9000 B"] == "bold red"
    assert styles["2 of 3 boards"] == "bold red"
    assert styles["it was unplugged"] == "red"
    assert styles["3"] == styles["7"] == "yellow"


def test_a_snapshot_travels_as_plain_values() -> None:
    values = later(1.0, temperature=30.5, function="row").to_dict()
    assert from_dict(values) == later(1.0, temperature=30.5, function="row")
    newer = {**values, "colour": "red", "boards": [{**board, "smell": 1} for board in values["boards"]]}
    assert from_dict(newer).boards == later(1.0, temperature=30.5, function="row").boards
    for wrong in ({}, {**values, "form": 99}, {**values, "boards": [{}]}, {**values, "boards": 7}):
        with pytest.raises(ValueError, match="snapshot"):
            from_dict(wrong)
