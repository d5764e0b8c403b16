"""The documentation tells the truth: its examples run, and what it names exists."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shoal import spec

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}
EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page, text in TEXT.items()
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL), 1)
]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples_run(code, tmp_path):
    file = tmp_path / "example.py"
    file.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_command_that_replays_an_event_log_runs(tmp_path):
    page = TEXT[ROOT / "docs" / "scheduler.md"]
    recording = re.search(r"```python\n(.*?record=.*?)```", page, re.DOTALL)[1]
    command = re.search(r"```\n(python -c.*?)```", page, re.DOTALL)[1]
    (tmp_path / "record.py").write_text(recording, encoding="utf-8")
    subprocess.run([sys.executable, "record.py"], check=True, timeout=60, cwd=tmp_path)
    replay = re.search(r'python -c "(.*)"', command, re.DOTALL)[1]
    done = subprocess.run([sys.executable, "-c", replay], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "JobAdded(" in done.stdout and "Deliver(" in done.stdout and "Finished(" in done.stdout


@each_page
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", TEXT[page]):
        if "://" in target:
            continue
        other = (page.parent / target) if target else page
        assert other.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            known = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in known, f"{page.name} links to #{anchor} of {other.name}, which has {known}"


@each_page
def test_files_that_a_page_names_exist(page):
    for named in re.findall(r"`((?:src|tests|docs|tools|examples)/[\w./-]+)`", TEXT[page]):
        assert (ROOT / named).exists(), f"{page.name} names {named}"


@each_page
def test_names_that_a_page_uses_exist(page):
    for dotted in re.findall(r"`(shoal(?:_board)?(?:\.\w+)+)", TEXT[page]):
        assert dotted == "shoal.toml" or exists(dotted), f"{page.name}: there is no {dotted}"


def exists(dotted):
    """Whether this is a module, or something in one."""
    outer, _, name = dotted.rpartition(".")
    try:
        importlib.import_module(dotted)
    except ModuleNotFoundError:
        return bool(outer) and exists(outer) and hasattr(importlib.import_module(outer), name)
    return True


def test_figures_of_the_scheduler_exist():
    page = TEXT[ROOT / "docs" / "scheduler.md"]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", page))
    modules = [importlib.import_module(f"shoal.scheduler.{name}") for name in ("sizing", "core", "repeat")]
    assert named and all(any(hasattr(module, name) for module in modules) for name in named - {"FILE"}), named


def test_the_reference_lists_boards_and_options_of_specs():
    page = TEXT[ROOT / "docs" / "api.md"]
    for name in (*spec.BOARD_NAMES, *(f"`{option}`" for option in spec.options_of("virtual"))):
        assert re.search(rf"{name}\b|{re.escape(name)}", page), f"docs/api.md does not tell of {name}"
