"""What a board asks of the simulation to have a block of bytes over GPIO lines done at once; both ends import this file.

Both are asked; a: number of data lines; the payload begins with their GPIO numbers, lowest bit first, then DAV and NDAC. Value:
how many bytes passed, possibly 0; the rest is done pin by pin.
"""

TALK = 104  # payload: the bytes behind
HEAR = 105  # b: at most so many bytes; data: the bytes
MOST = 512  # bytes
