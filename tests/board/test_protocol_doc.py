"""`docs/protocol.md` says what the code does: each constant, op, tag and kind in its tables is right, and none is missing."""

import ast
import re
from pathlib import Path

from test_vectors import tags_of_reader

from shoal_board import codec, wire
from shoal_board.store import Store

TEXT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
OF_THE_IMPLEMENTATION = {"SMALL", "RELEASE", "MICROPYTHON", "LOSSY"}  # change nothing on the wire


def table(title):
    """The rows of the first table in a chapter, as lists of cells, without its heading."""
    chapter = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in chapter.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(cell):
    """What stands in backquotes, as Python values where it is Python."""
    return re.findall(r"`([^`]+)`", cell)


def constants():
    return {name: value for name, value in vars(wire).items() if name.isupper() and not name.startswith("_")}


def test_constants_and_ops_are_those_of_the_wire():
    documented = {name: ast.literal_eval(quoted(value)[0]) for name, value, _ in table("Constants")}
    ops = {name: int(quoted(op)[0]) for op, name, *_ in table("Ops")}
    assert not documented.keys() & ops.keys()
    assert documented | ops == {k: v for k, v in constants().items() if k not in OF_THE_IMPLEMENTATION}


def test_frame_layout_is_that_of_the_wire():
    rows = {field: (offset, size) for offset, size, field, _ in table("Frames")}
    sizes = [int(rows[field][1]) for field in ("magic", "op", "seq", "ack", "credit", "length", "check")]
    assert sum(sizes) == wire.HEADER
    assert [int(rows[field][0]) for field in ("magic", "op", "seq", "ack", "credit", "length", "check")] == [
        sum(sizes[:index]) for index in range(len(sizes))
    ]
    assert rows["payload"][0] == str(wire.HEADER)
    assert int(rows["payload check"][1]) == wire.TRAILER


def test_payload_layouts_are_those_of_the_wire():
    layouts = {name: quoted(payload) for _, name, _, payload, _ in table("Ops")}
    assert layouts["HELLO"] == [wire.HELLO_FORMAT]
    assert layouts["CALL"] == [wire.CALL_FORMAT]
    assert layouts["RESULT"] == [wire.RESULT_FORMAT]


def test_tags_are_those_of_the_codec():
    documented = [quoted(tag)[0] for tag, *_ in table("Values")]
    assert len(documented) == len(set(documented))
    assert {ord(tag) for tag in documented} == tags_of_reader()
    assert f"`{codec.TYPE_CODES}`" in TEXT
    assert f"up to {codec.MAX_DEPTH} deep" in TEXT


def test_kinds_are_those_of_the_store():
    kinds = [kind for cell, *_ in table("Stored values") for kind in quoted(cell)]
    for kind in [*kinds, *codec.TYPE_CODES]:
        store = Store()
        store.begin(memoryview(b"\7\0\0\0" + kind.encode() + b"\x10\0\0\0"))
        assert not store and store.name == 7
    assert not set(kinds) & set(codec.TYPE_CODES)
