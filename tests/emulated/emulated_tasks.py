"""What the tests run on emulated boards."""

import time

import shoal
from shoal import micropython


def square(number):
    return number * number


def every_byte(block):
    """The block as it came, and all bytes backwards."""
    return block + bytes(range(255, -1, -1))


def total(block):
    return len(block), sum(block)


def hello(name):
    print("hello", name)
    return name


def fails(number):
    divisor = number - number
    return number // divisor


def sleeps(seconds):
    end = time.ticks_add(time.ticks_ms(), int(seconds * 1000))
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        time.sleep(0.01)
    return "slept"


@shoal.task(timeout=1)
def sleeps_too_long(seconds):
    return sleeps(seconds)


def counts_for_ever(number):
    while True:
        number += 1


@shoal.task(timeout=1)
def counts_too_long(number):
    counts_for_ever(number)


@micropython.viper
def _spin():
    while True:
        pass


@shoal.task(timeout=1)
def spins_for_ever(_):
    _spin()


def resets_once(_):
    """Why the board started: 3, because it was reset by a call of this, and not because it was switched on."""
    import machine

    if machine.reset_cause() != machine.WDT_RESET:
        machine.reset()
    return machine.reset_cause()


def uart(_):
    from machine import UART

    return UART(0, 115200).write(b"x")


def join():
    """Join the only network there is; the address that it gives."""
    import network

    wifi = network.WLAN(network.STA_IF)
    wifi.active(True)
    wifi.connect(wifi.scan()[0][0], "any password")
    end = time.ticks_add(time.ticks_ms(), 10000)
    while not wifi.isconnected() and time.ticks_diff(end, time.ticks_ms()) > 0:
        time.sleep(0.05)
    return wifi.ifconfig()[0]


def talk(host, port):
    import socket

    connection = socket.socket()
    connection.settimeout(5)
    try:
        connection.connect((host, port))
        connection.send(b"hello")
        return connection.recv(100)
    finally:
        connection.close()


def look_up(name):
    import socket

    return socket.getaddrinfo(name, 80)
