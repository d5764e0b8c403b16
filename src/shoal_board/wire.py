"""The wire: frame layout, op codes and limits. The one place for each of these facts.

A frame is a 12-byte header, `length` bytes of payload, and (only if there is a payload) a CRC-32 of it:

    magic u16 | op u8 | seq u8 | ack u8 | credit u8 | length u16 | check u32      all little-endian

`check` is the CRC-32 of the eight bytes before it, so a length can be trusted before its payload has come. The payload's
CRC-32 starts from `check`: a payload can never pass under another frame's header. The CRC-32 of anything with its own CRC-32
behind it is RESIDUE, whatever it started from.
Both CRCs are computed by `binascii.crc32`, which is C on every board; no byte is ever looked at by Python code.
"""

import struct
import sys
from binascii import crc32

# The compiled agent has values in place of these three (see `shoal.image`), and nothing of what they then leave out.
MICROPYTHON = sys.implementation.name == "micropython"
LOSSY = True  # whether links that lose or damage bytes can be served
RELEASE = ""  # which source the agent was made from

if MICROPYTHON:
    from micropython import const
else:

    def const(value):
        return value


VERSION = 2  # of everything in this file, the codec and the messages; both ends must agree

MAGIC = 0x53A5
MAGIC_BYTES = b"\xa5\x53"
HEADER_FORMAT = "<HBBBBHI"
RESIDUE = 0x2144DF1C
HEADER = 12
TRAILER = 4
MAX_PAYLOAD = 0xFFFF
WINDOW = 64  # most frames in flight: well under half of the 256 sequence numbers

# Ops below FIRST_SEQUENCED stand outside the sequence: lost or doubled, they do no harm.
HELLO = 1  # both ways: who I am, what I can take
REFUSE = 2  # board to host: I speak another version
ACK = 3  # only the ack and credit fields matter
NAK = 4  # the same, and: send again from `ack`
FIRST_SEQUENCED = 16
# both ways
PART = 16  # the beginning of a message that is too long for one frame
# host to board; each fits one frame, so that a board never has to assemble a message
STORE = 17  # begin a stored value: id, kind, size
PIECE = 18  # the next piece of the value begun by the last STORE
FORGET = 19  # drop stored values
MODULE = 20  # a stored value is a module: give it its name
BIND = 21  # number a function of a module
CALL = 22  # run a lump of calls
CANCEL = 23  # do not run a lump, or stop running it if that can be done
DROP = 24  # drop functions and modules
INTERRUPT = 25  # stop a lump, if it runs and that can be done, and do not begin it; it is answered all the same
# board to host
RESULT = 32  # the results and errors of one lump
PRINT = 33  # text printed by a task

# How the calls of a lump travel: one argument each, as one sequence; or each call as a tuple and a dict (or None).
MAP = 0
CALLS = 1
CALL_FORMAT = "<IHBI"  # lump id, function number, MAP or CALLS, milliseconds it may take (0: any); then the calls
RESULT_FORMAT = "<IIIIh"  # lump id, microseconds in the user's code and in the agent, heap free (0: unknown), temperature; then
# the list of results of the first calls of the lump, and the list of errors: (index, type name, args, text, traceback)
NO_TEMPERATURE = -0x8000  # else in 1/100 C
TIMED_OUT = "TaskTimeoutError"  # type name of the error of a call that the board stopped because its lump took too long,
CANCELLED = "CancelledError"  # or because the lump was cancelled while it ran
ERRORS_A_LUMP = 8  # a lump stops at its eighth error (a MAP at its first); calls without a result were not run

# The first bytes of a HELLO's payload never change between versions, so that any two versions can refuse each other:
# b"SHOAL", version u8. Then: session or boot id u32, largest payload u16, credit u8, resend ms u16 (0: reliable link).
HELLO_FORMAT = "<5sBIHBH"
HELLO_SIZE = 15
HELLO_MARK = b"SHOAL"


SMALL = 128  # frames up to this payload are put together; the parts of larger ones are written where they lie


def write_frame(out, op, seq, ack, credit, parts, length):
    """A frame as a tuple of buffers to write one after the other. `parts`: buffers of `length` bytes in all.

    `out` (a view of HEADER + SMALL + TRAILER bytes or more) holds what is not in `parts`, until the next frame.
    """
    struct.pack_into("<HBBBBH", out, 0, MAGIC, op, seq, ack, credit, length)
    check = crc32(out[:8])
    struct.pack_into("<I", out, 8, check)
    if not length:
        return (out[:HEADER],)
    small = length <= SMALL
    end = HEADER
    for part in parts:
        check = crc32(part, check)
        if small:
            at = end
            end += len(part)
            out[at:end] = part
    struct.pack_into("<I", out, end, check)
    if small:
        return (out[: end + TRAILER],)
    return (out[:HEADER],) + tuple(parts) + (out[HEADER : HEADER + TRAILER],)
