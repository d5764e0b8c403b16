"""`bus:` on a whole simulated bus whose controller's USB is a serial port here: hosts come, go, and are killed.

Boards run the very image that `shoal adopt --bus` installs. The simulation is a thread; its controller stays when hosts go.
"""

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import bus_tasks
import pytest
from pipe_bus import Terminal

from shoal import Cluster, LinkError, image
from shoal.bus.breadboard import Order
from shoal.bus.desk import Desk
from shoal.virtual.breadboard.simulation import Simulation

pytestmark = pytest.mark.slow
SEED = 3
UP_S = 3.0  # virtual: all boards are on the bus


class Bench:
    """PicoCray, running by itself, with a serial port at `path`."""

    def __init__(self, path):
        self._host, usb = socket.socketpair()
        self._side, side = socket.socketpair()
        self.order = Order("picocray", "controller", None, None, 0.0, (), SEED, real=False)
        self.simulation = None
        self._thread = threading.Thread(target=self._run, args=(usb, side), daemon=True)
        self._reader = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()
        self._reader.start()
        end = time.monotonic() + 60
        while not (self.simulation and self.simulation.now > UP_S):
            assert time.monotonic() < end
            time.sleep(0.01)
        self.port = Terminal(SimpleNamespace(_ours=self._host), path)

    def _run(self, usb, side):
        files = {f"/lib/{name}": code for name, code in image.agent(("i2c_target",)).items()}
        files["adopted.py"] = b"from shoal_board import start_bus\nstart_bus.serve()\n"  # as main.py does on a board
        with Simulation(self.order.wired(), seed=SEED, files=files, program="adopted") as simulation:
            self.simulation = simulation
            Desk(simulation, self.order, {}, usb, side).run()

    def _hear(self):
        while self._side.recv(65536):
            pass

    def close(self):
        self.port.pull()
        self._side.shutdown(socket.SHUT_RDWR)
        self._thread.join()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("bus") / "ttyACM0")
    yield made
    made.close()


def squares(cluster, count=200):
    assert list(cluster.map(bus_tasks.square, range(count))) == [x * x for x in range(count)]


def test_one_host_after_another_finds_every_board(bench):
    names = []
    for _ in range(3):
        with Cluster(f"bus:{bench.port.path}") as cluster:
            squares(cluster)
            names.append({one.unique_id for one in cluster.boards})
    assert names[1] == names[2] == {one.unique_id for one in bench.simulation.wiring.boards} - {controller(bench)}


def controller(bench):
    return bench.simulation.wiring.board("controller").unique_id


HOST = """
import sys
sys.path.insert(0, {folder!r})
import bus_tasks
from shoal import Cluster
cluster = Cluster({spec!r})
futures = [cluster.submit(bus_tasks.size, bytes(30_000)) for _ in range(40)]
print(futures[2].result(), flush=True)
[future.result() for future in futures]
"""


def test_a_host_that_is_killed_in_the_middle_leaves_nothing_to_the_next(bench):
    """Half a frame is on its way to some boards, others compute for nobody."""
    script = HOST.format(folder=str(Path(__file__).parent), spec=f"bus:{bench.port.path}")
    for _ in range(2):
        host = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert host.stdout.readline() == "(30000, 0)\n"
        host.kill()
        host.wait()
        host.stdout.close()
        with Cluster(f"bus:{bench.port.path}") as cluster:
            squares(cluster)


def test_a_cable_that_is_pulled_and_put_in_again(bench):
    with Cluster(f"bus:{bench.port.path}") as cluster:
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(200)]
        futures[5].result(60)
        bench.port.pull()
        bench.port.plug()
        assert [future.result(60) for future in futures] == list(range(200))


def test_the_controller_is_no_board_for_tasks(bench):
    with pytest.raises(LinkError, match=r"adopted for a bus.*bus:/.*ttyACM0"):
        Cluster(f"usb:{bench.port.path}")
    with Cluster(f"bus:{bench.port.path}") as cluster:  # and was not interrupted
        squares(cluster)
