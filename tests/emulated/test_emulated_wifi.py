"""The network of an emulated Pico W, as its own firmware sees it: this computer and nothing else. Needs $SHOAL_PICOW_FIRMWARE."""

import os
import socket
import threading

import emulated_tasks as tasks
import pytest

from shoal import Cluster

pytestmark = pytest.mark.slow
FIRMWARE = os.environ.get("SHOAL_PICOW_FIRMWARE", "")
PATIENCE = 300


@pytest.mark.skipif(not FIRMWARE, reason="needs real firmware: SHOAL_PICOW_FIRMWARE names no image")
def test_a_pico_w_reaches_this_computer_and_nothing_else(emulator):
    def echo():
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(100)[::-1])

    with socket.create_server(("127.0.0.1", 0)) as server, Cluster(f"emulated:1xpicow?firmware={FIRMWARE}") as cluster:
        thread = threading.Thread(target=echo)
        thread.start()
        assert cluster.submit(tasks.join).result(PATIENCE) == "10.0.0.2"
        assert cluster.submit(tasks.talk, "10.0.0.1", server.getsockname()[1]).result(PATIENCE) == b"olleh"
        thread.join(10)
        for far in ("192.0.2.1", "127.0.0.1", "10.0.0.3"):
            with pytest.raises(OSError):
                cluster.submit(tasks.talk, far, server.getsockname()[1]).result(PATIENCE)
        with pytest.raises(OSError):
            cluster.submit(tasks.look_up, "example.invalid").result(PATIENCE)
