"""The compiled agent holds what its ports need, and nothing that would not run on a board."""

import ast

import pytest

from shoal import image
from shoal.image import merge
from shoal.image.shrink import KNOWN, Renamer, shorter


def names(ports):
    return {name.removeprefix("shoal_board/").removesuffix(".mpy") for name in image.agent(ports)}


@pytest.mark.parametrize(
    ("ports", "there", "missing"),
    [
        (("pipe",), {"main", "ports/pipe"}, {"hardware", "secure", "ports/usb", "finder", "decoder"}),
        (("usb",), {"main", "hardware", "ports/usb", "start_usb"}, {"secure", "ports/tcp", "ports/pipe"}),
        (("usb", "tcp"), {"main", "hardware", "secure", "door", "ports/tcp"}, {"finder"}),
    ],
)
def test_an_agent_has_the_files_of_its_ports(ports, there, missing):
    assert there | {"session", "modules", "values", "store", "text", "trouble"} <= names(ports)
    assert not missing & names(ports)


def test_an_agent_for_reliable_links_is_smaller():
    assert len(image.agent(("pipe",))["shoal_board/main.mpy"]) < len(image.agent(("pipe",), lossy=True)["shoal_board/main.mpy"])


def test_constants_take_their_places_and_dead_branches_go():
    first = ast.parse("_A = const(3)\nLOSSY = True\ndef f(x):\n    if LOSSY and x == _A:\n        return 1\n    return _A")
    second = ast.parse("from .wire import LOSSY\ndef g():\n    return f(1) if not LOSSY else 2")
    constants = {"LOSSY": False}
    merge.constants_of(first, constants, set())
    merged = ast.unparse(merge.merge([first, second], constants))
    assert constants["_A"] == 3
    assert "LOSSY" not in merged and "const" not in merged and "import" not in merged
    space = {}
    exec(merged, space)
    assert (space["f"](3), space["f"](1), space["g"]()) == (3, 3, 3)


def test_names_that_cost_become_names_that_do_not():
    tree = ast.parse("class Oyster:\n    def open(self, pearls):\n        self.pearls = pearls")
    renamed = shorter([tree], {"Oyster"})
    assert set(renamed) == {"pearls"} and renamed["pearls"] in KNOWN
    text = ast.unparse(Renamer(renamed).visit(tree))
    assert "pearls" not in text and "Oyster" in text and "open" in text


def test_what_a_module_of_micropython_has_keeps_its_name():
    tree = ast.parse("import machine\ndef reset():\n    machine.reset()\ndef clam(): pass")
    assert set(shorter([tree], set())) == {"clam"}
