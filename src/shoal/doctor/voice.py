"""What a port says, before or instead of an answer: bytes made readable, and told from noise."""

_NOISE = 0.3  # of the bytes: text in any language of 8 bits has fewer that are no text
_FEW = 8  # bytes: too few to judge


def printable(heard: bytes) -> str:
    """The text in it: lines, without control characters and without what is no ASCII."""
    text = heard.decode("ascii", "replace").replace("\r", "\n")
    kept = "".join(letter for letter in text if letter == "\n" or (letter.isascii() and letter.isprintable()))
    return "\n".join(line.strip() for line in kept.split("\n") if line.strip())


def unreadable(heard: bytes) -> bool:
    """Whether it is noise: many of its bytes are neither text nor what ends lines."""
    if len(heard) < _FEW:
        return False
    text = sum(32 <= byte < 127 or byte in b"\r\n\t\x1b\x04\x02\x03" for byte in heard)
    return text < len(heard) * (1 - _NOISE)
