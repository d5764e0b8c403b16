"""Lets the time pass that the Python of `shoal_board.ports.remote` takes on a real board, at both ends of a UART or of GPIO.

Figures: `shoal.charges`, with their source.
"""

import sys

from breadboard import charges, core


def install():
    """Once that module is there. Where names are others, as in an agent for real boards, nothing is charged."""
    remote = sys.modules.get("shoal_board.ports.remote")
    asking = getattr(remote, "Asking", None)
    if asking is None or hasattr(remote, "charged"):
        return
    remote.charged = True
    answering = remote.Answering
    check = remote.crc32

    def crc32(data, start=0):
        core.charge(len(data) * charges["served_crc_byte"])
        return check(data, start)

    remote.crc32 = crc32
    asking._begin = _after(charges["served_asks"], asking._begin)
    answering._asked = _after(charges["served_hears"], answering._asked)
    answering._answer = _after(charges["served_answers"], answering._answer)


def _after(nanoseconds, function):
    def charged(*args):
        core.charge(nanoseconds)
        return function(*args)

    return charged
