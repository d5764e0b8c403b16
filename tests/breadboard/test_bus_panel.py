"""What a running breadboard looks like on a terminal: pure lines of a look, and the look at what a simulation says."""

from types import SimpleNamespace

import pytest

from shoal.cli import bus_check
from shoal.cli.bus_look import Onlooker
from shoal.cli.bus_panel import BoardNow, Glass, Now, lines
from shoal.virtual.breadboard import devices, wiring
from shoal.virtual.breadboard.devices.led import Light

GLASS = Glass(240, 320, lambda x, y: (x, y * 255 // 320, 0))
BOARDS = (
    BoardNow("controller", "controller", True, True, (1.0,), ""),
    BoardNow("p1", "processor", True, False, (0.0, 0.02, 0.5, 1.0), "0x20"),
    BoardNow("p2", "processor", False, False, (), ""),
)
NOW = Now("cray", 1.25, BOARDS, 0.5, ((0.5, "joined 0x20"), (0.6, "left 0x20")), "q end")


def text(line: object) -> str:
    return "".join(words for words, _ in line)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 12), (200, 60)])
@pytest.mark.parametrize("glass", [GLASS, None], ids=["display", "none"])
def test_the_screen_fits(width: int, height: int, glass: Glass | None) -> None:
    drawn = lines(NOW, glass, width, height)
    assert len(drawn) < height
    assert all(len(text(line)) <= width for line in drawn[1:])


def test_boards_lights_bus_and_news_are_on_it() -> None:
    drawn = [text(line) for line in lines(NOW, None, 80, 24)]
    assert drawn[0] == "1.25 virtual s   cray"
    assert drawn[1].startswith("● controller") and "█" in drawn[1]
    assert drawn[2].strip() == "○ p1         0x20   ·▁▄█"
    assert drawn[3].split() == ["p2", "no", "power"]
    assert drawn[4].endswith("  50%") and drawn[4].count("█") == pytest.approx(drawn[4].count("░"), abs=1)
    assert [line.strip() for line in drawn[6:8]] == ["0.500  joined 0x20", "0.600  left 0x20"]
    assert drawn[-1] == "q end"


def test_the_picture_has_the_right_shape_and_colours() -> None:
    drawn = lines(NOW, GLASS, 120, 43)
    rows = [line for line in drawn if text(line).startswith("▀")]
    assert len(rows) == 40
    columns = len(text(rows[0]).rstrip().split(" ")[0])
    assert columns == 2 * 40 * 240 // 320
    assert rows[0][0][1].startswith("rgb(0,0,0) on rgb(0,3,0)")
    shades = lines(NOW, GLASS, 120, 43, colours=False)
    assert not any("▀" in text(line) for line in shades)


class Fake(SimpleNamespace):
    """What an onlooker reads of a simulation."""

    def busy(self, net: str) -> float:
        assert net == "scl"
        return self.now / 2


def test_an_onlooker_understands_the_controller() -> None:
    cray = wiring.load("picocray")
    made = {device.name: devices.make(device) for device in cray.devices}
    stations = {board.name: SimpleNamespace(powered=True) for board in cray.boards}
    fake = Fake(wiring=cray, devices=made, stations=stations, console=[], trace=[], now=0.0, now_ns=0)
    looker = Onlooker(fake, "title", "keys")  # type: ignore[arg-type]
    looker.look()
    light = made["led-p3"]
    assert isinstance(light, Light)
    for us, level in ((0, 0), (100_000, 1), (125_000, 0), (190_000, 1)):
        light.changed(us, "anode", level)
    fake.console += [
        (0.1, "controller", f"picocray: joined 0x23 {cray.board('p3').unique_id}"),
        (0.1, "controller", "trouble: SDA is held low"),
        (0.1, "controller", "trouble: SDA is held low"),
        (0.1, "controller", "trouble: this is over: SDA is held low"),
        (0.1, "p4", "shoal: processor 00ff on i2c"),
        (0.1, "p4", "shoal: no controller has spoken"),
        (0.2, "p3", "hello"),
    ]
    fake.trace.append((150_000, "fault", "p4", "unplug:p4@0.15s"))
    fake.now, fake.now_ns = 0.2, 200_000_000
    seen = looker.look()
    board = next(board for board in seen.boards if board.name == "p3")
    assert (board.told, board.lit, board.strip) == ("0x23", True, (0.0, 0.0, 0.5, 0.2))
    assert seen.bus == pytest.approx(0.5)
    assert looker.troubles == ["SDA is held low", "no controller has spoken"]
    assert [text for _, text in seen.news][-2:] == ["p3: hello", "FAULT p4 unplug:p4@0.15s"]
    fake.console += [(0.3, "controller", "picocray: 0x23 made 7 tiles"), (0.3, "controller", "picocray: left 0x23 e1")]
    seen = looker.look()
    assert [text for _, text in seen.news][-2:] == ["p3 made 7 tiles", "p3 left"]
    assert all(board.told == "" for board in seen.boards)


def test_the_line_of_a_finished_picture() -> None:
    read = bus_check.read("picocray: picture in 4123 ms by 8 boards, Q6.26, @-123,-456,789,1000")
    assert read == bus_check.Picture(4123, 8, "Q6.26", -123, -456, 789, 1000)
    assert read.place == "@-123,-456,789,1000"
    assert bus_check.read("picocray: 0x20 made 3 tiles") is None
