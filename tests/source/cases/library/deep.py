"""A module inside the package."""

import struct

LEVEL = 7


class Reading:
    def __init__(self, value):
        self.value = value

    def packed(self):
        return struct.pack("<H", self.value)


def depth(x):
    return x * LEVEL
