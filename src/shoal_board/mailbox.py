"""The mailbox: memory of a processor that the controller of its bus reads and writes behind its program's back.

The one place for what lies where, and what it means. All little-endian; places are those of `machine.I2CTarget(mem_addrsize=16)`:

    JOIN    who answers here: unique id, its length, the address, sizes of IN and OUT, boot id, controller, version
    ORDER   from the controller: code, address, number, unique id, boot id, controller
    IN      one packet for the board, right before HEAD: a packet with its head and ACK is one piece, written in one transaction
    HEAD    its length, its sequence number, CRC; then MARK, the number again: the last byte that is written says that it is whole
    ACK     from the controller: the packet from the board that it has, a count of repairs that it asks for, a count of beats
    STATUS  the board's packet in OUT, the packet it took from IN, a count of damaged ones, flags, length of what is in OUT
    OUT     the board's packet; behind it its sequence number, CRC; then CRCs of its blocks, if the controller wants them

Everything ends with its CRC-32. Those of JOIN and ORDER begin with VERSION. An ORDER that assigns an address begins a stream, and
its CRC is the stream's key: all other CRCs begin with it, so nothing of another stream, or meant for another board, is ever
taken. Sequence numbers run from 1 to 255 and begin again at 1. Noise may send a write to any place: a board keeps the originals.
"""

import struct
from binascii import crc32

from .wire import const

RESIDUE = const(0x2144DF1C)  # the CRC-32 of anything with its own CRC-32 behind it, whatever that began with

NEWCOMERS = const(0x17)  # where boards without an address answer, as PicoCray's do
FIRST_ADDRESS = const(0x20)
ADDRESSES = const(32)  # so many from the first on; more than boards, so that none is used again soon
MOST = const(16)  # boards: what a bus carries by its capacitance (catalogue, links.toml: by_capacitance_practical)

IN_SIZE = const(512)  # largest packet to a board, bytes
OUT_SIZE = const(4224)  # from a board: an answer of 4 KB with its head. What else passes for each is some 100 bytes
BLOCK = const(128)  # bytes of a packet that are read again if they were damaged
VERSION = const(1)

JOIN_AT = const(0)
JOIN_FORMAT = "<8sBBHHIIB"
JOIN = const(27)  # bytes, CRC included
ORDER_AT = const(32)
ORDER_FORMAT = "<BBH8sII"
ORDER = const(24)
IN_AT = const(64)
# From the end of IN on:
HEAD_FORMAT = "<HB"
HEAD = const(8)  # MARK included
ACK_AT = const(8)
ACK = const(7)
STATUS_AT = const(16)
STATUS_FORMAT = "<BBBBH"
STATUS = const(10)
OUT_AT = const(32)
TRAILER = const(5)  # of OUT: sequence number and CRC

# Codes of an ORDER.
ASSIGN = const(1)  # this board has that address from now on, and begins a stream
SCATTER = const(2)  # all that are here: be away for a random time of up to `number` milliseconds
LEAVE = const(3)  # all that are here: give up the address

# Flags of a STATUS.
OFFERS = const(1)  # OUT holds a packet that is not known to have arrived
MORE = const(2)  # the next packet is ready as well
RAISED = const(4)  # the board drives the attention line
BLOCKS = const(8)  # the CRCs of blocks are there

WANTS_BLOCKS = const(0x80)  # in the count of repairs

# Why a board left.
SILENT = const(1)
REBOOTED = const(2)
RELEASED = const(3)
CLASHED = const(4)
YIELDED = const(5)
BROKEN = const(6)
# What is wrong with a bus; see `trouble_on_bus`.
MENDED = const(0)
STUCK_SDA = const(16)
STUCK_SCL = const(17)
NO_PULLUPS = const(18)
TOO_FAST = const(19)
TWO_ON_ADDRESS = const(20)
TWO_CONTROLLERS = const(21)
NO_CONTROLLER = const(22)
NOBODY = const(23)
NOISY = const(24)
FULL = const(25)
NO_MEMORY = const(26)
WEAK_PULLUPS = const(27)
STUCK_LINE = const(28)


def size(in_size, out_size):
    """Bytes of a mailbox."""
    return IN_AT + in_size + OUT_AT + out_size + TRAILER + 4 * (1 + (out_size + BLOCK - 1) // BLOCK)


def seal(data, key):
    """Put the CRC into the last four bytes."""
    end = len(data) - 4
    struct.pack_into("<I", data, end, crc32(data[:end], key))


def sound(data, key):
    """Whether the last four bytes are the CRC of the rest."""
    return crc32(data, key) == RESIDUE


def after(number):
    """The sequence number after this one."""
    return number % 255 + 1
