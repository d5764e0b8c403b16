"""Every public name exists, says what it is, and stands in the reference; every name in the documentation exists."""

import importlib
import re
from pathlib import Path

import pytest

import shoal

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("*.md"))


@pytest.mark.parametrize("name", shoal.__all__)
def test_a_public_name_is_documented(name):
    thing = getattr(shoal, name)
    assert thing.__doc__ and not thing.__doc__.startswith(f"{name}("), f"{name} has no docstring of its own"
    for own, member in vars(thing).items() if isinstance(thing, type) else ():
        if not own.startswith("_") and (callable(member) or isinstance(member, property)):
            assert member.__doc__, f"{name}.{own} has no docstring"
    reference = (DOCS / "api.md").read_text(encoding="utf-8")
    assert re.search(rf"`{name}\b", reference), f"docs/api.md does not tell of {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_in_the_documentation_exist(page):
    """Whatever stands there as `shoal.something` can be had."""
    for dotted in re.findall(r"`(shoal(?:_board)?(?:\.\w+)+)", page.read_text(encoding="utf-8")):
        if dotted != "shoal.toml":
            assert exists(dotted), f"docs/{page.name}: there is no {dotted}"


def exists(dotted):
    """Whether this is a module, or something in one."""
    module, _, name = dotted.rpartition(".")
    try:
        importlib.import_module(dotted)
    except ModuleNotFoundError:
        return hasattr(importlib.import_module(module), name) if module else False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_the_documentation_names_exist(page):
    root = DOCS.parent
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (DOCS / target).exists(), f"docs/{page.name} links to {target}"
    for named in re.findall(r"`((?:src|tests|docs|tools|examples)/[\w./-]+)`", page.read_text(encoding="utf-8")):
        assert (root / named).exists(), f"docs/{page.name} names {named}"
