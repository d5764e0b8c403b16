"""Clusters of `tcp:` boards: real agents in processes of their own, a real network (loopback), and a proxy that cuts it."""

import contextlib
import select
import socket
import threading
import time

import pytest
from tcp_boards import KEY, WRONG, Board, enter, free_port, plain

from shoal import Cluster, config
from shoal.errors import BrokenClusterError, LinkError, UsageError
from shoal.tcp import discovery, reaching

IDS = ("e661000000000001", "e661000000000002")
KEYS = (KEY, KEY[::-1])
ADOPT = "shoal adopt"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without settings, in a folder without a fleet file, and no questions to the network beyond loopback."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "announced", list)
    return tmp_path


@pytest.fixture(scope="module")
def agents():
    boards = [Board("micropython", "agent_port", key=key, arguments=(name,)) for name, key in zip(IDS, KEYS, strict=True)]
    yield boards
    for board in boards:
        board.close()


@pytest.fixture
def keys():
    for name, key in zip(IDS, KEYS, strict=True):
        config.store_key(name, key)


def fleet_file(text):
    with open("shoal.toml", "w") as file:
        file.write(text)


class Proxy:
    """Carries connections to a board until it is told to cut them."""

    def __init__(self, port):
        self.board = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        self.cuts = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                host = self.listener.accept()[0]
                try:
                    board = socket.create_connection(("127.0.0.1", self.board))
                except OSError:
                    host.close()
                    continue
                self.pairs.append((host, board))
                threading.Thread(target=self.carry, args=(host, board), daemon=True).start()

    @staticmethod
    def carry(host, board):
        other = {host: board, board: host}
        with contextlib.suppress(OSError, ValueError):
            while True:
                for end in select.select([host, board], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        raise OSError
                    other[end].sendall(data)
        for end in other:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self):
        while self.pairs:
            self.cuts += 1
            for end in self.pairs.pop():
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.cut()
        self.listener.close()


def square(x):
    return x * x


def slow_square(x):
    import time

    time.sleep(0.004)
    return x * x


def names(cluster):
    return [board.name for board in cluster.boards]


def test_boards_by_address(agents, keys):
    spec = ",".join(f"127.0.0.1:{agent.port}" for agent in agents)
    with Cluster(f"tcp:{spec}") as cluster:
        assert list(cluster.map(square, range(500))) == [x * x for x in range(500)]
        assert [board.unique_id for board in cluster.boards] == list(IDS)


def test_boards_by_name_and_all_of_the_fleet_file(agents, keys):
    fleet_file("".join(f'[boards.n{at}]\nid = "{IDS[at]}"\naddress = "127.0.0.1:{agents[at].port}"\n' for at in (0, 1)))
    with Cluster("tcp:n1") as cluster:
        assert cluster.submit(square, 7).result() == 49 and names(cluster) == ["n1"]
    with Cluster("tcp:") as cluster:
        assert list(cluster.map(square, range(50))) == [x * x for x in range(50)] and names(cluster) == ["n0", "n1"]


def test_what_a_task_prints_arrives_while_it_runs(agents, keys, capfd):
    def talk():
        import time

        print("begin")
        time.sleep(1)
        return 1

    with Cluster(f"tcp:127.0.0.1:{agents[0].port}") as cluster:
        future = cluster.submit(talk)
        said, end = "", time.monotonic() + 0.9
        while "begin" not in said and time.monotonic() < end:
            said += "".join(capfd.readouterr())
            time.sleep(0.02)
        assert not future.done() and "begin" in said
        assert future.result() == 1


def test_the_network_is_cut_in_mid_run_and_comes_back(agents, keys):
    proxies = [Proxy(agent.port) for agent in agents]
    spec = ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
    with Cluster(f"tcp:{spec}") as cluster:
        results = cluster.map(slow_square, range(600))
        got = []
        for number, result in enumerate(results):
            got.append(result)
            if number in (100, 250, 400):
                proxies[number % 2].cut()
        assert got == [x * x for x in range(600)]
        assert sum(proxy.cuts for proxy in proxies) >= 2, "nothing was cut, so this proved nothing"
        assert cluster.submit(square, 3).result() == 9
    for proxy in proxies:
        proxy.close()


def test_a_board_that_came_back_is_used_again(keys):
    port = free_port()
    board = Board("micropython", "agent_port", port=port, key=KEYS[0], arguments=(IDS[0],))
    with Cluster(f"tcp:127.0.0.1:{port}") as cluster:
        assert cluster.submit(square, 2).result() == 4
        board.close()
        again = Board("micropython", "agent_port", port=port, key=KEYS[0], arguments=(IDS[0],))
        assert cluster.submit(square, 3).result(timeout=20) == 9
        again.close()


def test_a_board_that_calls(keys):
    port = free_port()
    fleet_file(f'[boards.caller]\nid = "{IDS[0]}"\naddress = "calls:{port}"\n')
    board = Board("micropython", "agent_port", where=f"127.0.0.1:{port}", key=KEYS[0], arguments=(IDS[0],))
    for _ in range(2):
        with Cluster("tcp:caller") as cluster:
            with pytest.raises(LinkError, match=f"port {port} of this computer.*another cluster"):
                Cluster("tcp:caller")
            assert list(cluster.map(square, range(20))) == [x * x for x in range(20)]
    board.close()


# --- what is wrong, and what to do --------------------------------------------------------------


def failure(spec):
    """What a user reads when no board can be had."""
    with Cluster(spec) as cluster, pytest.raises(BrokenClusterError) as raised:
        cluster.submit(square, 1).result(timeout=40)
    return str(raised.value)


def test_a_board_without_a_key_here_must_be_adopted(agents):
    with pytest.raises(LinkError, match=f"no key of any board here.*{ADOPT}"):
        Cluster(f"tcp:127.0.0.1:{agents[0].port}")
    fleet_file(f'[boards.left]\nid = "{IDS[0]}"\naddress = "127.0.0.1"\n')
    with pytest.raises(LinkError, match=f"no key of left .id {IDS[0]}. here.*{ADOPT}"):
        Cluster("tcp:left")


def test_another_board_at_the_address_is_named_as_such(agents, keys):
    fleet_file(f'[boards.left]\nid = "{IDS[1]}"\naddress = "127.0.0.1:{agents[0].port}"\n')
    assert "does not have the key of left: another board has this address" in failure("tcp:left")


def test_a_board_that_none_of_our_keys_opens(agents):
    config.store_key(IDS[0], WRONG)
    text = failure(f"tcp:127.0.0.1:{agents[0].port}")
    assert "none of the 1 keys that are here: adopt it first" in text


def test_a_board_that_serves_another_host(agents, keys, monkeypatch):
    monkeypatch.setattr(reaching, "_PATIENCE_S", 0.1)
    owner = enter(agents[0].port, KEYS[0])
    stop = threading.Event()

    def attend():
        while not stop.is_set():
            if select.select([owner.fileno()], [], [], 0.05)[0]:
                owner.receive_into(memoryview(bytearray(100)))

    thread = threading.Thread(target=attend)
    thread.start()
    text = failure(f"tcp:127.0.0.1:{agents[0].port}")
    stop.set()
    thread.join()
    owner.close()
    assert "serves another program or computer" in text


def test_nobody_there(keys, monkeypatch):
    monkeypatch.setattr(reaching, "_PATIENCE_S", 0.1)
    port = free_port()
    assert f"nothing listens at 127.0.0.1 port {port}" in failure(f"tcp:127.0.0.1:{port}")
    assert "the name shoal-0000.invalid is not known here" in failure("tcp:shoal-0000.invalid")


def test_something_else_there(keys):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            with contextlib.suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    connection.sendall(b"220 mail\r\n")
                    connection.close()

        threading.Thread(target=greet, daemon=True).start()
        assert "is no Shoal board" in failure(f"tcp:127.0.0.1:{listener.getsockname()[1]}")


def test_the_same_board_twice_is_refused(agents, keys):
    at = agents[0].port
    spec = f"tcp:127.0.0.1:{at},localhost:{at}"
    with Cluster(spec) as cluster:
        assert list(cluster.map(square, range(20))) == [x * x for x in range(20)]
        assert sum(board.state != "gone" for board in cluster.snapshot().boards) >= 1


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("tcp:nobody", "no board is named 'nobody'"),
        ("tcp:10.0.0.7:0", "is no address"),
        ("tcp:10.0.0.7:99999", "is no address"),
        ("tcp:10.0.0.7/x", "is no address"),
        ("tcp:a b.c", "is no address"),
    ],
)
def test_words_that_mean_no_board(keys, spec, said):
    with pytest.raises(UsageError, match=said):
        Cluster(spec)


def test_no_boards_at_all():
    with pytest.raises(LinkError, match=r"no board of the network is known: name addresses"):
        Cluster("tcp:")


def test_a_computer_that_waits_for_calls_tells_callers_nothing(keys):
    """Not even whether it knows a board: it sends a greeting, which is a nonce, and hangs up on what is wrong."""
    port = free_port()
    fleet_file(f'[boards.caller]\nid = "{IDS[0]}"\naddress = "calls:{port}"\n')
    with Cluster("tcp:caller"), plain(port) as connection:
        assert connection.recv(100)[:6] == b"shoal\1"
        connection.sendall(bytes(32))
        assert connection.recv(100) == b""
