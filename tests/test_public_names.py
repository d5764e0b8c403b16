"""Every public name exists, says what it is, and stands in the reference."""

import re
from pathlib import Path

import pytest

import shoal

DOCS = Path(__file__).parents[1] / "docs"
REFERENCE = (DOCS / "api.md").read_text(encoding="utf-8")
ACCOUNT = (DOCS / "account.md").read_text(encoding="utf-8")  # where the reference sends those who look for a figure


@pytest.mark.parametrize("name", shoal.__all__)
def test_a_public_name_is_documented(name):
    thing = getattr(shoal, name)
    assert thing.__doc__ and not thing.__doc__.startswith(f"{name}("), f"{name} has no docstring of its own"
    for own, member in vars(thing).items() if isinstance(thing, type) else ():
        if not own.startswith("_") and (callable(member) or isinstance(member, property)):
            assert member.__doc__, f"{name}.{own} has no docstring"
            assert re.search(rf"`{own}\b", REFERENCE + ACCOUNT), f"docs/api.md does not tell of {name}.{own}"
    assert re.search(rf"`{name}\b", REFERENCE), f"docs/api.md does not tell of {name}"


def test_nothing_else_is_in_the_reference():
    """What stands there as a heading or an error is public."""
    headings = " ".join(re.findall(r"^## (.*)", REFERENCE, re.MULTILINE))
    told = re.findall(r"`(\w+)`", headings) + re.findall(r"^\| `(\w+(?:Error|Traceback))`", REFERENCE, re.MULTILINE)
    assert len(told) > 10
    assert [name for name in told if name not in shoal.__all__] == []
