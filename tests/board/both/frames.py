"""One whole frame as bytes, as it stands on a wire."""

from shoal_board import wire

_OUT = memoryview(bytearray(wire.HEADER + wire.SMALL + wire.TRAILER))


def whole(buffers):
    """What `write_frame` and `Peer.output` give, in one piece."""
    return b"".join([bytes(buffer) for buffer in buffers])


def frame(op, payload=b"", seq=0, ack=0, credit=0):
    return whole(wire.write_frame(_OUT, op, seq, ack, credit, [payload], len(payload)))
