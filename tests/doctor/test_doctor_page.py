"""The table of findings in docs/doctor.md is the catalogue's.

`python tests/doctor/test_doctor_page.py --write` brings it up to date."""

import re
import sys
from pathlib import Path

from shoal import catalog
from shoal.cli.table import VERBS

PAGE = Path(__file__).parents[2] / "docs/doctor.md"
BEGIN, END = "<!-- findings: made by tests/doctor/test_doctor_page.py --write -->\n", "<!-- end of findings -->\n"


def cell(text):
    return text.replace("{{", "{").replace("}}", "}").replace("|", "\\|")


def table():
    rows = [f"| {fault.severity} | `{key}` | {cell(fault.what)} | {cell(fault.fix)} |" for key, fault in catalog.faults().items()]
    return "\n".join(["| severity | finding | what | fix |", "|---|---|---|---|", *rows]) + "\n"


def with_table(text):
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def test_the_page_lists_every_finding_as_the_catalogue_has_it():
    text = PAGE.read_text(encoding="utf-8")
    assert text == with_table(text), "run: python tests/doctor/test_doctor_page.py --write"


def test_the_page_names_every_option_of_flash_and_no_other():
    flash = next(verb for verb in VERBS if verb.name == "flash")
    real = {name for argument in flash.arguments for name in argument.names if name.startswith("--")}
    part = PAGE.read_text(encoding="utf-8").partition("## shoal flash")[2].partition("## shoal top")[0]
    assert set(re.findall(r"--[a-z][a-z-]+", part)) == real - {"--json"}


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
