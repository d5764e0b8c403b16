"""`shoal plan` and `shoal catalog` as a user types them: what they print, on which stream, and their exit codes."""

import json
from pathlib import Path

import pytest

from shoal import catalog
from shoal.cli import main

PLANS = Path(__file__).parents[2] / "examples" / "plans"


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    """A user without facts of their own."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    catalog.forget()
    yield folder
    monkeypatch.undo()
    catalog.forget()


def shoal(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def pure(text: str) -> dict:
    """JSON, and nothing that only Python takes for it."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_a_plan_as_people_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = shoal(capsys, "plan", PLANS / "two_pi4_poe.toml")
    assert (code, err) == (0, "")
    for words in (
        "It works: it costs 167.57 GBP",
        "total",
        "63 W (58 W to be safe)",
        "21.6 GFLOPS",
        "no supercomputer",
        "estimated",
    ):
        assert words in out
    assert "jeffgeerling" not in out
    code, out, err = shoal(capsys, "plan", "--sources", PLANS / "two_pi4_poe.toml")
    assert code == 0 and "switches.tenda_teg1105p_4_63w.poe_budget_w" in out and "jeffgeerling" in out


@pytest.mark.parametrize("file", sorted(PLANS.glob("*.toml")), ids=lambda file: file.stem)
def test_a_plan_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = shoal(capsys, "plan", file, "--json")
    judged = pure(out)
    assert (code, err) == (0, "") and judged["works"] is True
    named = {path for line in judged["bill"]["lines"] if line["price"] for path in line["price"]["from"]} - {"plan"}
    assert named <= set(judged["sources"])
    costs = [line["cost"]["value"] for line in judged["bill"]["lines"] if line["cost"]]
    assert judged["bill"]["total"]["value"] == pytest.approx(sum(costs))
    assert {"findings", "watts", "speed", "worth", "same_money", "rented", "standing", "verdict", "basis"} <= set(judged)


def test_a_plan_that_cannot_work_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[[boards]]\nboard = "pi_5"\nhat = "original_poe"\n')
    code, out, _ = shoal(capsys, "plan", file)
    assert code == 1 and "It cannot work" in out and "ERROR" in out
    code, out, _ = shoal(capsys, "plan", file, "--json")
    assert code == 1 and pure(out)["works"] is False


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        (b"board = ", "cannot be read as TOML"),
        (b'[[boards]]\nboard = "picco"\n', "did you mean 'pico'"),
        (b" " * 1_000_001, "too long to be a plan"),
    ],
)
def test_a_file_that_is_no_plan_is_exit_2(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.toml"
    if content is not None:
        file.write_bytes(content)
    code, out, err = shoal(capsys, "plan", file)
    assert (code, out) == (2, "") and words in err and str(file) in err
    assert shoal(capsys, "plan", tmp_path)[0] == 2  # a folder


def test_the_catalogue_lists_its_kinds(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, out, err = shoal(capsys, "catalog")
    assert (code, err) == (0, "")
    for kind in catalog.KINDS:
        assert kind in out
    assert "none of them your own" in out and str(home) in out


@pytest.mark.parametrize(
    ("word", "path", "others"),
    [
        ("pico", "boards.pico.clock_mhz", "boards.pico_2.clock_mhz"),
        ("boards.pico_2", "boards.pico_2.clock_mhz", "boards.pico.clock_mhz"),
        ("links.usb.latency_s", "links.usb.latency_s", "links.usb.shared"),
        ("price_gbp", "computers.pi_4b.price_gbp", "computers.pi_4b.price_usd"),
        ("tenda", "switches.tenda_teg1105p_4_63w.ports", "switches.gigabit_5.ports"),
        ("HPL", "computers.pi_5.hpl_w", "computers.pi_5.cores"),
        ("faults", "faults.hot.most_c", "boards.pico.cores"),
    ],
)
def test_a_word_finds_its_facts(word: str, path: str, others: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = shoal(capsys, "catalog", word, "--json")
    facts = {fact["path"]: fact for fact in pure(out)["facts"]}
    assert code == 0 and path in facts and others not in facts
    assert {"value", "unit", "cond", "source", "reference", "basis"} < set(facts[path])
    code, out, _ = shoal(capsys, "catalog", word)
    assert path in out and "[1]" in out


def test_the_whole_catalogue_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    facts = pure(shoal(capsys, "catalog", "--json")[1])["facts"]
    assert len(facts) > 800
    assert next(fact for fact in facts if fact["path"] == "links.pipe.to_host_bytes_s")["value"] == "inf"


def test_a_word_that_finds_nothing_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = shoal(capsys, "catalog", "pcio")
    assert (code, out) == (2, "") and "did you mean 'pico'" in err
    assert shoal(capsys, "catalog", "yours")[0] == 2


def test_facts_of_one_s_own_are_listed_as_such(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / "shoal").mkdir()
    file = home / "shoal" / catalog.MEASURED_NAME
    file.write_text('[sources]\nyours = "a wall meter"\n[boards.pico]\npower_load_w = {value = 0.2100012}\n')
    catalog.forget()
    code, out, _ = shoal(capsys, "catalog", "yours")
    assert code == 0 and "boards.pico.power_load_w" in out and "0.21 W" in out and "yours: a wall meter" in out
    assert "boards.pico_w" not in out  # the catalogue has a load of its own there
    assert "1 of them your own" in shoal(capsys, "catalog")[1]
    assert "1 of them your own" in shoal(capsys, "plan", PLANS / "pico_desk.toml")[1]
    file.write_text("[boards.pico]\npower_load_w = {value = -1}\n")
    catalog.forget()
    code, out, err = shoal(capsys, "catalog", "pico")
    assert (code, out) == (2, "") and str(file) in err and "boards.pico.power_load_w" in err
