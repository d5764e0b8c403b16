"""A picture as the bytes of a PNG file, with the standard library alone."""

import struct
import zlib


def png(width: int, height: int, rgb: bytes) -> bytes:
    """`rgb`: three bytes a pixel, row by row. Raises ValueError if that is not width x height pixels."""
    if len(rgb) != 3 * width * height:
        raise ValueError(f"{len(rgb)} bytes are not {width} x {height} pixels of three")
    row = 3 * width
    filtered = b"".join(b"\0" + rgb[start : start + row] for start in range(0, len(rgb), row))  # 0: as they are
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits a colour, RGB
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
