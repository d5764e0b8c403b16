"""An emulated board reaches this computer and nothing else. Nothing here is ever dialled beyond loopback, right or wrong."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shoal.emulated import confinement

pytest.importorskip("rp2040py", reason="the emulator is not installed: pip install 'shoal[emulator]'")

from rp2040py.external.cyw43 import net
from rp2040py.external.cyw43.nat import GATEWAY_IP, GATEWAY_MAC, GUEST_IP

from shoal.emulated.corrections import ConfinedBridge, ConfinedWifi
from shoal.emulated.machine import Machine

SOURCES = Path(confinement.__file__).parents[2]
FAR = bytes([192, 0, 2, 1])  # reserved for documentation: no host has it
GUEST_MAC = bytes([2, 0, 0, 0, 0, 2])


# --- the lock on the process -----------------------------------------------------------------

REFUSED = {
    "connect": "socket.socket().connect(('192.0.2.1', 80))",
    "connect to a name": "socket.create_connection(('example.invalid', 80))",
    "connect over IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "connect without waiting": "socket.socket().connect_ex(('192.0.2.1', 80))",
    "send a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "send a message": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
    "listen to all": "socket.socket().bind(('0.0.0.0', 0))",
    "listen to all by the empty name": "socket.socket().bind(('', 0))",
    "ask for a name": "socket.getaddrinfo('example.invalid', 80)",
    "ask for a name in the old way": "socket.gethostbyname('example.invalid')",
    "a connection of asyncio": "asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
    "a download": "urllib.request.urlopen('http://192.0.2.1/')",
}


def confined(codes):
    """What a confined process prints for each of some lines of code: "done", or the error."""
    program = """
import asyncio, socket, sys, urllib.request
from shoal.emulated.confinement import confine
confine()
for code in sys.argv[1:]:
    try:
        exec(code)
        print("done")
    except OSError as error:
        print(error)
"""
    environ = {**os.environ, "PYTHONPATH": str(SOURCES), "no_proxy": "*"}
    done = subprocess.run([sys.executable, "-c", program, *codes], capture_output=True, text=True, timeout=30, env=environ)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()


def test_every_way_out_of_the_process_is_refused():
    for way, answer in zip(REFUSED, confined(REFUSED.values()), strict=True):
        assert "an emulated board has no network" in answer, way


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        codes = (
            f"asyncio.run(asyncio.open_connection('127.0.0.1', {port}))",
            f"socket.create_connection(('127.0.0.1', {port}))",
            "socket.socket().bind(('127.0.0.1', 0))",
        )
        assert confined(codes) == ["done"] * 3


# --- the bridge of the Wi-Fi chip ------------------------------------------------------------


class Guest:
    """A board's network stack, as far as these tests need it: sends Ethernet frames to a bridge and keeps what comes back."""

    def __init__(self):
        self.received = []
        self.answered = asyncio.Event()
        self.bridge = ConfinedBridge(self, self._receive)

    def schedule_threadsafe(self, work):  # what the bridge asks of the chip it belongs to
        self.work = asyncio.ensure_future(work)

    def _receive(self, frame):
        ethernet = net.parse_ethernet(frame)
        packet = net.parse_ipv4(ethernet.payload)
        self.received.append(net.parse_tcp(packet.payload) if packet.proto == net.IP_PROTO_TCP else packet)
        self.answered.set()

    def _send(self, protocol, host, payload):
        packet = net.pack_ipv4(GUEST_IP, host, protocol, payload)
        self.bridge.handle_outbound_ethernet_frame(net.pack_ethernet(GATEWAY_MAC, GUEST_MAC, net.ETHERTYPE_IPV4, packet))

    def tcp(self, host, port, flags, seq, ack=0, payload=b""):
        segment = net.pack_tcp(GUEST_IP, host, 40000, port, seq=seq, ack=ack, flags=flags, window=8192, payload=payload, mss=536)
        self._send(net.IP_PROTO_TCP, host, segment)

    def udp(self, host, port, payload):
        self._send(net.IP_PROTO_UDP, host, net.pack_udp(GUEST_IP, host, 40000, port, payload))

    async def answer(self):
        await asyncio.wait_for(self.answered.wait(), 10)
        self.answered.clear()
        return self.received.pop(0)


@pytest.fixture
def no_way_out(monkeypatch):
    """A connection or datagram that the bridge would let out fails the test instead of leaving."""
    asked = []

    async def connect(host, port):
        asked.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", connect)
    monkeypatch.setattr(asyncio.BaseEventLoop, "create_datagram_endpoint", lambda *given, **named: asked.append(named))
    return asked


@pytest.mark.parametrize("host", [FAR, bytes([127, 0, 0, 1]), bytes([10, 0, 0, 3]), bytes([10, 0, 0, 255]), bytes([255] * 4)])
def test_tcp_to_anything_but_the_gateway_is_refused_without_dialling(no_way_out, host):
    async def attempt():
        guest = Guest()
        guest.tcp(host, 80, net.TCP_SYN, 1000)
        return (await guest.answer()).flags

    assert asyncio.run(attempt()) & net.TCP_RST
    assert no_way_out == []


DATAGRAMS = [(GATEWAY_IP, 53), (FAR, 53), (FAR, 123), (bytes([127, 0, 0, 1]), 5353), (bytes([255] * 4), 9)]


@pytest.mark.parametrize(("host", "port"), DATAGRAMS)
def test_datagrams_are_not_carried(no_way_out, host, port):
    async def attempt():
        guest = Guest()
        guest.udp(host, port, b"question")
        await asyncio.sleep(0.05)
        return guest.received, hasattr(guest, "work")

    assert asyncio.run(attempt()) == ([], False)
    assert no_way_out == []


def test_the_gateway_is_this_computer():
    """A whole connection through the bridge: three bytes there, their echo back."""

    def echo():
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(100)[::-1])

    async def talk(port):
        guest = Guest()
        guest.tcp(GATEWAY_IP, port, net.TCP_SYN, 1000)
        accepted = await guest.answer()
        assert accepted.flags & net.TCP_SYN and accepted.flags & net.TCP_ACK
        guest.tcp(GATEWAY_IP, port, net.TCP_ACK, 1001, accepted.seq + 1, b"abc")
        while not (said := await guest.answer()).payload:
            pass
        guest.tcp(GATEWAY_IP, port, net.TCP_RST, 1004)
        return said.payload

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=echo)
        thread.start()
        answer = asyncio.run(talk(server.getsockname()[1]))
        thread.join(10)
    assert answer == b"cba"


def test_an_emulated_pico_w_has_the_confined_chip(tmp_path):
    image = tmp_path / "empty.uf2"
    image.write_bytes(b"")
    machine = Machine("pico_w", image, bytes(8), paced=True)
    (chip,) = [extra for extra in (factory() for factory in machine.board.extras) if isinstance(extra, ConfinedWifi)]
    chip.attach(machine.mcu)
    assert type(chip.bus.nat_bridge) is ConfinedBridge
