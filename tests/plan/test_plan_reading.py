"""A plan is understood as a whole or refused in words: which table, which key, what is known, what to write instead."""

import random
from pathlib import Path

import pytest
import tomlkit

from shoal import catalog
from shoal.errors import UsageError
from shoal.plan import judge, read
from shoal.plan.reading import LINKS, POWERS, WORKS

PI = '[[boards]]\nboard = "pi_4b"\n'
OWN_SWITCH = (
    '[[switches]]\nname = "mine"\nports = 8\npoe_ports = 4\npoe_budget = "65 W"\nport_max = "15400 mW"\ndraw = "0.004 kW"\n'
)


def test_what_a_plan_does_not_say_is_the_catalogue_s() -> None:
    plan = read(PI, "mine.toml")
    (row,) = plan.boards
    assert (plan.name, plan.currency, plan.years, plan.busy, plan.work, plan.uplink) == ("mine.toml", "GBP", 3, 1, "hpl", 1)
    assert (row.count, row.power, row.link, row.hat) == (1, "supply", "ethernet", "")
    assert row.price is not None and (row.price.value, row.price.basis) == (35.0, "seed")
    assert read('[[boards]]\nboard = "pico"', "x").work == "python"


def test_amounts_of_one_sort_are_converted() -> None:
    (switch,) = read(PI + OWN_SWITCH, "x").switches
    assert switch.poe is not None and switch.poe.safe == switch.poe.budget
    assert (switch.poe.budget.value, switch.poe.port_most.value, switch.own_draw.value) == (65, 15.4, 4)
    assert read('[plan]\nyears = "18 months"\n' + PI, "x").years == 1.5
    for text, price in (('"27.69 p/kWh"', 0.2769), ('"0.3 GBP/kWh"', 0.3), ("0.25", 0.25), ('"gb_2024"', 0.2236)):
        assert read(f"[plan]\nelectricity = {text}\n{PI}", "x").electricity.value == pytest.approx(price)
    for text in ("35", "35.0", '"35 GBP"', '"£35"', '"35 gbp"', '"£ 35.00"'):
        row = read(f"{PI}price = {text}", "x").boards[0]
        assert row.price is not None and (row.price.value, row.price.unit) == (35, "GBP")


def test_a_price_in_another_currency_is_converted_by_the_catalogue_and_says_so() -> None:
    pico = read('[[boards]]\nboard = "pico"', "x").boards[0].price
    assert pico is not None and pico.value == pytest.approx(4.0 * 0.79) and pico.basis == "estimated"
    assert pico.paths == ("boards.pico.price_usd", "exchange.usd.price_gbp")
    euros = read('[plan]\ncurrency = "eur"\n[[boards]]\nboard = "pico"', "x").boards[0].price
    assert euros is not None and euros.value == pytest.approx(4.0 * 0.79 / 0.87)


WRONG = [
    ("", "no boards"),
    ("x =", "cannot be read as TOML"),
    ("plan = 3", r"must be written \[plan\]"),
    ('[boards]\nboard = "pico"', r"must be written \[\[boards\]\]"),
    ("boards = [1]", r"must be written \[\[boards\]\]"),
    ("[plans]\n" + PI, "unknown table 'plans' .did you mean 'plan'"),
    ('[plan]\nnam = "x"\n' + PI, "unknown key 'nam' .did you mean 'name'"),
    ('[[boards]]\nboard = "pi4"', "unknown board 'pi4' .did you mean 'pi_4b'"),
    ("[[boards]]\ncount = 2", "which board"),
    (PI + PI + "count = -2", r"\[\[boards\]\] number 2: count is -2; it must be from 1"),
    (PI + "count = 0", "from 1"),
    (PI + "count = 2.5", "whole number"),
    (PI + "count = true", "whole number"),
    (PI + "count = 100001", "from 1 to 100,000"),
    (PI + "price = -3", "must be 0 or more"),
    (PI + "price = inf", "must be 0 or more"),
    (PI + 'price = "35 USD"', "in USD, the plan in GBP: plans do not mix currencies"),
    (PI + 'price = "35 €"', "in EUR, the plan in GBP"),
    (PI + 'price = "£35 USD"', "GBP and USD"),
    (PI + 'price = "cheap"', 'such as "35 GBP"'),
    (PI + 'price = "computers.pi_4b.price_usd"', "no fact 'computers.pi_4b.price_usd' in GBP"),
    (PI + 'hat = "poe"', "unknown hat 'poe'"),
    (PI + 'power = "poe"', "shoal catalog hats"),
    (PI + 'hat = "poe_plus"\npower = "usb"', "a HAT is for power"),
    (PI + 'link = "ethernt"', "did you mean 'ethernet'"),
    ('[plan]\ncurrency = "DM"\n' + PI, "unknown currency 'DM'"),
    ("[plan]\nyears = 0\n" + PI, "above 0"),
    ("[plan]\nyears = nan\n" + PI, "0 or more"),
    ('[plan]\nyears = "3 kg"\n' + PI, "plans do not mix units"),
    ("[plan]\nbusy = 2\n" + PI, "from 0 to 1"),
    ('[plan]\nwork = "x"\n' + PI, "unknown work 'x'; known: hpl, python"),
    ('[plan]\nelectricity = "fr"\n' + PI, "unknown electricity 'fr'"),
    ('[plan]\nelectricity = "27 p/kW"\n' + PI, "price of a kWh"),
    ('[plan]\nelectricity = "27 ct/kWh"\n' + PI, "in EUR, the plan in GBP"),
    (PI + '[[switches]]\nswitch = "tenda"', "unknown switch.*One of your own"),
    (PI + '[[switches]]\nswitch = ["tenda"]', "must be a text"),
    (PI + "[[switches]]\nports = 5", "which one"),
    (PI + OWN_SWITCH.replace("65 W", "65 A"), "poe_budget is a power.*'65 A' is not: plans do not mix units"),
    (PI + OWN_SWITCH.replace('poe_budget = "65 W"', ""), "poe_budget is missing"),
    (PI + OWN_SWITCH.replace("poe_ports = 4", "poe_ports = 9"), "9 PoE ports of 8 ports"),
    (PI + '[[hubs]]\nname = "x"\nports = 4\nport = "500 W"\ntotal = 3\ndraw = 0', "port is a current"),
    (PI + '[[hubs]]\nhub = "usb2_powered_7"\npowered = 1', "true or false"),
    (PI + "[[parts]]\nprice = 3", "name must be a text"),
    (PI + '[[parts]]\nname = "x"\ncables = -1', "from 0"),
    (PI + '[case]\nlitres = "2 W"', "a volume"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_is_said_in_words(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        read(text, "mine.toml")
    assert str(raised.value).startswith("mine.toml")


def test_any_plan_is_judged_or_refused() -> None:
    """Thousands of plans made of right and wrong words: a judgement with a verdict, or a UsageError, and nothing else."""
    seed = 20261121
    print("seed", seed)
    chance = random.Random(seed)
    boards = ["pico", "pi_4b", "pi_5", "esp32_wroom", "arduino_micro", "pi_zero_2_w", "pi_2b", "altra_q64", "nonsense"]
    odd = [-1, 0, 1, 2, 17, 3.5, True, "x", "5 W", "3 A", "£2", "2 USD", [], {}]
    keys = {
        "board": boards, "count": [1, 2, 5, 40], "power": list(POWERS), "link": list(LINKS),
        "hat": ["original_poe", "poe_plus", "for_pi_5"], "price": [1, "£2"], "name": ["x"],
        "switch": ["tenda_teg1105p_4_63w", "gigabit_5"], "hub": ["usb2_bus_powered", "usb2_powered_10"], "ports": [1, 5],
        "cables": [1, 9], "supplies": [1, 9], "years": [1], "busy": [0, 0.5], "work": list(WORKS), "litres": [0, 3],
        "fans": [0, 1],
        "poe_ports": [0, 4], "poe_budget": ["60 W"], "draw": [1],
    }  # fmt: skip
    places = {
        "boards": ("board", "count", "power", "link", "hat", "price"),
        "switches": ("switch", "count", "ports", "name", "poe_ports", "poe_budget", "draw"),
        "hubs": ("hub", "count", "ports"),
        "parts": ("name", "price", "cables", "supplies", "count"),
        "plan": ("years", "busy", "work"),
        "case": ("litres", "fans"),
    }
    judged = refused = 0
    for _ in range(2000):
        document: dict[str, object] = {}
        for table, words in places.items():
            rows = []
            for _ in range(chance.choice((0, 1, 1, 2)) or table == "boards"):
                row = {word: chance.choice(keys[word]) for n, word in enumerate(words) if n == 0 or chance.random() < 0.3}
                if chance.random() < 0.05:
                    row[chance.choice(list(keys))] = chance.choice(odd)
                rows.append(row)
            if rows:
                document[table] = rows[0] if table in ("plan", "case") else rows
        text = tomlkit.dumps(document)
        try:
            judgement = judge(read(text, "x.toml"))
        except UsageError as error:
            assert str(error).startswith("x.toml"), text
            refused += 1
        else:
            assert judgement.verdict and judgement.to_dict()["bill"], text
            assert judgement.bill.total.value >= 0 and judgement.running.load.value >= 0
            judged += 1
    assert judged > 200 and refused > 200, (judged, refused)


def test_the_examples_are_read() -> None:
    files = sorted((Path(__file__).parents[2] / "examples" / "plans").glob("*.toml"))
    assert len(files) >= 4
    for file in files:
        assert judge(read(file.read_text(encoding="utf-8"), file.name)).works, file.name


def test_the_page_tells_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan in docs/plan.md is one, with the switch and the hub of one's own in it too; so is the file of one's own facts."""
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
    plan, own, facts = (block.partition("```")[0] for block in page.split("```toml\n")[1:])
    assert judge(read(plan, "docs/plan.md")).works
    both = read(plan + own, "docs/plan.md")
    assert [row.name for row in (*both.switches, *both.hubs)][1:] == ["the grey one", "hub with a supply of 5 V 3 A"]
    (tmp_path / "shoal").mkdir()
    (tmp_path / "shoal" / catalog.MEASURED_NAME).write_text(facts, encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    catalog.forget()
    try:
        assert len(catalog.yours()) == 4 and catalog.boards()["my_pico"].clock_mhz == 200
    finally:
        monkeypatch.undo()
        catalog.forget()
