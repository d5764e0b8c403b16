"""`bus:` at a serial port: finding the controller, boards that nobody knew, and a port that is pulled out and put in again.

The controller is that of `pipe_bus`, at a terminal; the boards on its bus are real MicroPython processes.
"""

import os
import pty
import threading
import tty

import bus_tasks
import pytest
from pipe_bus import Joint, Terminal

from shoal import Cluster, LinkError, UsageError, image
from shoal_board import main
from shoal_board.ports.pipe import Port


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    """Make a controller with so many boards at a port: the joint and the port."""
    monkeypatch.chdir(tmp_path)
    made = []

    def make(count, name="ttyBUS0", **options):
        facts = {"agent": image.release(), **options.pop("facts", {})}
        made.append(Terminal(Joint(count, facts=facts, **options), tmp_path / name))
        return made[-1]

    yield make
    for one in made:
        if one.path.is_symlink():
            one.pull()
        one.joint.end()


@pytest.fixture
def agent_port():
    """The path of a port with an agent that serves no bus."""
    ours, device = pty.openpty()
    tty.setraw(device)
    port = Port(ours, ours)
    facts = {"unique_id": "a9e7", "cores": 1, "agent": image.release()}
    threading.Thread(target=main.Board(port, 3, facts, 2048, 8).serve, daemon=True).start()
    return os.ttyname(device)


def test_a_port_is_enough_to_reach_every_board(terminal):
    port = terminal(3)
    with Cluster(f"bus:{port.path}") as cluster:
        assert [board.name for board in cluster.boards] == ["p1", "p2", "p3"]
        assert list(cluster.map(bus_tasks.square, range(100))) == [x * x for x in range(100)]
        assert len(cluster.account().boards) == 3 and len(cluster.snapshot().boards) == 3
        assert cluster.account().bus.wire == "i2c 400000"
        assert cluster._fleet.byte_us == 22.5


def test_a_board_has_the_name_and_tags_of_its_fleet_file(terminal, tmp_path):
    port = terminal(2)
    unique_id = port.joint.bus.boards.slots[1].unique_id
    (tmp_path / "shoal.toml").write_text(f'[boards.corner]\nid = "{unique_id}"\ntags = ["lamp"]\n')
    with Cluster(f"bus:{port.path}") as cluster:
        assert [(board.name, board.tags) for board in cluster.boards] == [("p1", ()), ("corner", ("lamp",))]


def test_a_board_that_nobody_knew_gets_a_place(terminal):
    port = terminal(2, plugged=[0])
    with Cluster(f"bus:{port.path}") as cluster:
        assert [board.name for board in cluster.boards] == ["p1"]
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(60)]
        futures[2].result(10)
        port.joint.bus.ask(lambda: port.joint.bus.plug(1))
        assert [future.result(20) for future in futures] == list(range(60))
        assert [line.name for line in cluster.account().boards] == ["p1", "p2"]
        assert cluster.account().boards[1].calls > 5


def test_a_port_that_is_pulled_out_and_put_in_again(terminal):
    port = terminal(2)
    with Cluster(f"bus:{port.path}") as cluster:
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(40)]
        futures[2].result(10)
        port.pull()
        port.plug()
        assert [future.result(20) for future in futures] == list(range(40))
        assert [board.resets for board in cluster.account().boards] == [1, 1]
        assert "the controller of its bus" in cluster.snapshot().boards[0].last_error


def test_the_only_controller_need_not_be_named(terminal, agent_port, monkeypatch):
    port = terminal(1)
    monkeypatch.setenv("SHOAL_PORTS", f"{agent_port}:{port.path}")
    with Cluster("bus:") as cluster:
        assert cluster.submit(bus_tasks.square, 3).result(10) == 9
    with Cluster("bus:c0ff") as cluster:  # the beginning of its unique id
        assert cluster.submit(bus_tasks.square, 3).result(10) == 9
    with pytest.raises(LinkError, match=r"no controller is called 'beef'; controllers here: c0ffee00 at .*ttyBUS0"):
        Cluster("bus:beef")
    other = terminal(1, name="ttyBUS1")
    monkeypatch.setenv("SHOAL_PORTS", f"{other.path}:{port.path}")
    with pytest.raises(UsageError, match=r"more than one controller: .*ttyBUS0.*Name the port: bus:/"):
        Cluster("bus:")


def test_what_is_no_controller_is_told_how_to_become_one(terminal, agent_port, tmp_path):
    with pytest.raises(LinkError, match=r"serves this port and no bus.*shoal adopt --bus"):
        Cluster(f"bus:{agent_port}")
    silent, device = pty.openpty()
    with pytest.raises(LinkError, match=r"no controller of a bus answers there.*shoal adopt --bus"):
        Cluster(f"bus:{os.ttyname(device)}")
    os.close(silent)
    with pytest.raises(LinkError, match=r"there is no port"):
        Cluster(f"bus:{tmp_path}/ttyNONE")
    old = terminal(1, facts={"agent": "0ld"})
    with pytest.raises(LinkError, match=r"another release.*shoal adopt --bus"):
        Cluster(f"bus:{old.path}")


@pytest.mark.slow
def test_a_bus_without_boards_says_so(terminal):
    port = terminal(1, plugged=[])
    with pytest.raises(LinkError, match=r"no board has joined the bus of .*ttyBUS0 within 5 s"):
        Cluster(f"bus:{port.path}")
