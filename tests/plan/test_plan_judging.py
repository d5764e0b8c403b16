"""Plans judged: sums against sums made by hand from the catalogue's figures, each check where it just holds and just fails."""

from dataclasses import replace
from pathlib import Path

import pytest

from shoal import catalog
from shoal.plan import Judgement, judge, read

PLANS = Path(__file__).parents[2] / "examples" / "plans"
PI = '[[boards]]\nboard = "pi_4b"\nhat = "original_poe"\n'
TENDA = '[[switches]]\nswitch = "tenda_teg1105p_4_63w"\n'


def example(name: str) -> Judgement:
    return judge(read((PLANS / f"{name}.toml").read_text(encoding="utf-8"), name))


def said(judged: Judgement, severity: str) -> list[str]:
    return [finding.what for finding in judged.findings if finding.severity == severity]


def only(judged: Judgement, severity: str, words: str) -> str:
    (found,) = [what for what in said(judged, severity) if words in what]
    return found


# --- the build of the origin


def test_the_build_of_the_origin_costs_what_its_list_says() -> None:
    judged = example("two_pi4_poe")
    assert judged.bill.total.value == pytest.approx(167.57) == catalog.fact("builds.two_pi_4.total_gbp").value
    assert [line.cost.value for line in judged.bill.lines if line.cost] == pytest.approx([70.0, 36.8, 30.0, 10.77, 20.0])
    assert judged.bill.total.basis == "seed" and not judged.bill.at_least


def test_its_power_is_right_port_by_port_and_in_all() -> None:
    judged = example("two_pi4_poe")
    assert judged.works and not said(judged, "error") + said(judged, "warning")
    assert "draws 9.0 W and reserves 15.4 W" in only(judged, "ok", "a port gives 30 W")  # 7.2 W / 0.80; class 3
    assert "2 boards draw 18.0 W under load, of 63 W (58 W to be safe)" in only(judged, "ok", "under load, of")
    assert "reserve 30.8 W, of 63 W (58 W to be safe)" in only(judged, "ok", "classes reserve")
    assert "room for 1 more Raspberry Pi 4 Model B by class, 2 by what is drawn" in only(
        judged, "note", "room"
    )  # 30.8 + 15.4 < 58
    assert judged.running.load.value == pytest.approx(18.0 + 5.0)
    assert judged.running.idle.value == pytest.approx(2 * 4.1 + 5.0)  # 4.1 W was measured at a switch
    assert judged.running.cost_a_year.value == pytest.approx(23.0 * 8.766 * 0.2769)
    assert catalog.fact("builds.two_pi_4.drawn_w").value == 18.0


def test_its_speed_and_what_it_is() -> None:
    judged = example("two_pi4_poe")
    assert judged.speed.perfect.value == pytest.approx(2 * 11.889)
    assert 20 <= judged.speed.expected.value <= 22  # what the catalogue's authors expect of it
    assert judged.speed.low.value == pytest.approx(2 * 11.889 * 0.873)
    assert "a compute cluster, no supercomputer" in judged.standing and "1.65 PFLOPS" in judged.standing
    assert judged.compared == "for the same money, 3 x Orange Pi 5 (RK3588S) computes 7.4 times as much"
    assert judged.worth.owning.value == pytest.approx(335, abs=0.5) and judged.worth.a_month.value == pytest.approx(9.3, abs=0.05)
    months = {each.name: each.a_month.value for each in judged.rented}
    assert months["Hetzner CX22, 2 vCPU, 4 GB"] < judged.worth.a_month.value < months["AWS t3.medium, us-east-1"]


def test_the_rejected_switch_would_do_for_two_boards_and_not_for_four() -> None:
    two = example("two_pi4_poe_40w")
    assert two.works and two.bill.total.value == pytest.approx(164.57)
    assert "room for no more Raspberry Pi 4 Model B by class, 2 by what is drawn" in only(two, "note", "room")
    text = (PLANS / "two_pi4_poe_40w.toml").read_text(encoding="utf-8").replace("count = 2", "count = 4")
    four = judge(read(text, "four"))
    assert four.works  # if the switch counts what is drawn
    assert "reserve 61.6 W, of 40 W: works if this switch counts what is drawn" in only(four, "warning", "reserve")
    assert "36.0 W under load, of 40 W: barely, 90%" in only(four, "warning", "barely")


def test_every_figure_says_where_it_comes_from() -> None:
    judged = example("two_pi4_poe")
    assert judged.basis == "estimated" and judged.yours == ()
    for path, why in judged.sources.items():
        fact = catalog.fact(path)
        assert fact.basis in why and fact.reference in why
    assert "computers.pi_4b.price_gbp" in judged.sources and "switches.tenda_teg1105p_4_63w.poe_budget_w" in judged.sources
    for line in judged.bill.lines:
        assert line.price is not None and line.price.paths


# --- PoE


def test_four_boards_fill_the_switch_of_63_watts_beyond_what_is_safe() -> None:
    judged = judge(read(f"{PI}count = 4\n{TENDA}", "x"))
    assert "61.6 W, of 63 W (58 W to be safe): works only if the figure on the box is right" in only(judged, "warning", "reserve")


def test_a_board_without_a_port_is_an_error() -> None:
    judged = judge(read(f"{PI}count = 5\n{TENDA}", "x"))
    assert not judged.works and only(judged, "error", "find no PoE port").startswith("1 of the boards")
    assert judged.verdict.startswith("It cannot work (1 of the boards find no PoE port")
    assert only(judged, "error", "Ethernet ports") == "Ethernet ports: 5 boards and 1 other, of 5"


def test_drawing_more_than_the_budget_is_an_error() -> None:
    own = '[[switches]]\nname = "weak"\nports = 5\npoe_ports = 4\npoe_budget = 17.9\nport_max = 15.4\ndraw = 3\n'
    judged = judge(read(f"{PI}count = 2\n{own}", "x"))
    assert "18.0 W under load, of 17.9 W: too much" in only(judged, "error", "too much")
    enough = judge(read(f"{PI}count = 2\n{own}".replace("17.9", "18.1"), "x"))
    assert enough.works and only(enough, "warning", "barely, 99%")


def test_a_hat_must_fit_and_give_enough() -> None:
    judged = judge(read(f'[[boards]]\nboard = "pi_5"\nhat = "original_poe"\n{TENDA}', "x"))
    assert only(judged, "error", "does not fit").endswith("use pi52_poe_plus or for_pi_5")
    right = judge(read(f'[[boards]]\nboard = "pi_5"\nhat = "for_pi_5"\n{TENDA}', "x"))
    assert right.works
    assert "draws 15.3 W and reserves 30 W" in only(right, "ok", "a port gives")  # 12.7 W / 0.83; class 4
    three = judge(read(f'[[boards]]\nboard = "pi_5"\nhat = "for_pi_5"\ncount = 3\n{TENDA}', "x"))
    assert three.works and "45.9 W" in only(three, "ok", "under load, of 63 W")
    assert only(three, "warning", "their classes reserve 90.0 W")


def test_boards_spread_over_switches() -> None:
    judged = judge(read(f"{PI}count = 4\n{TENDA}count = 2\n", "x"))
    assert "each of 2: 2 boards draw 18.0 W" in only(judged, "ok", "under load, of")
    assert (
        only(judged, "ok", "Ethernet") == "Ethernet ports: 4 boards and 3 others, of 10"
    )  # the computer, and a cable between them


# --- USB


HUB = '[[hubs]]\nhub = "usb2_bus_powered"\n'


def test_a_hub_without_a_supply_carries_picos_and_no_radio() -> None:
    picos = judge(read(f'[[boards]]\nboard = "pico"\ncount = 4\n{HUB}', "x"))
    assert picos.works and "4 boards take at most 0.34 A, of 0.4 A" in only(picos, "ok", "take at most 0.34 A")
    radio = judge(read(f'[[boards]]\nboard = "esp32_wroom"\ncount = 2\n{HUB}', "x"))
    assert len(said(radio, "error")) == 2 and only(radio, "error", "a port gives 0.1 A")


def test_too_few_usb_ports_and_none() -> None:
    assert only(judge(read(f'[[boards]]\nboard = "pico"\ncount = 5\n{HUB}', "x")), "error", "USB ports: 5 boards, 4 on hubs")
    assert only(judge(read('[[boards]]\nboard = "pico"\ncount = 5\n', "x")), "warning", "the plan has no hub")
    assert judge(read('[[boards]]\nboard = "pico"\ncount = 2\n', "x")).works


# --- links


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('board = "pico"\nlink = "wifi"', "has no radio"),
        ('board = "pico_w"\nlink = "ethernet"', "has no Ethernet"),
        ('board = "pi_zero_2_w"', 'has no Ethernet; use link = "wifi"'),
        ('board = "esp32_wroom"\nlink = "i2c"\ncount = 3', "cannot be a processor on an I2C bus"),
        ('board = "pi_4b"\nlink = "i2c"\ncount = 3', "cannot be on a bus"),
        ('board = "pico"\nlink = "i2c"', "needs a controller and at least one processor"),
        ('board = "pico"\nlink = "i2c"\ncount = 18', "a controller and 17 processors, of at most 16"),
        ('board = "arduino_micro"\npower = "usb"\nlink = "usb"', "cannot run MicroPython"),
        ('board = "pi_4b"\ncount = 2', "the plan has no switch"),
    ],
)
def test_links_that_cannot_be(row: str, words: str) -> None:
    judged = judge(read(f"[[boards]]\n{row}\n", "x"))
    assert not judged.works and only(judged, "error", words)


def test_a_board_that_cannot_be_a_processor_can_be_the_controller() -> None:
    rows = '[[boards]]\nboard = "esp32_wroom"\nlink = "i2c"\n[[boards]]\nboard = "pico"\nlink = "i2c"\ncount = 3\n'
    assert judge(read(rows, "x")).works
    assert only(judge(read(rows.replace('"i2c"\n[[', '"i2c"\ncount = 2\n[['), "x")), "error", "at most its controller")


def test_a_bus_as_large_as_it_may_be() -> None:
    judged = judge(
        read('[[boards]]\nboard = "pico"\nlink = "i2c"\ncount = 17\n[[hubs]]\nhub = "usb2_powered_10"\ncount = 2', "x")
    )
    assert judged.works, said(judged, "error")


def test_cables_and_supplies_are_counted() -> None:
    parts = '[[switches]]\nswitch = "gigabit_5"\n[[parts]]\nname = "cables"\nprice = 5\ncables = 4\n'
    text = f'[[boards]]\nboard = "pi_4b"\ncount = 4\n{parts}'
    judged = judge(read(text, "x"))
    assert only(judged, "error", "network cables: 5 needed, 4 in the plan")
    assert only(judged, "warning", "4 boards need a supply of their own, the plan has 0")
    enough = judge(read(text.replace("cables = 4", "cables = 5\nsupplies = 4"), "x"))
    assert enough.works and not [what for what in said(enough, "warning") if "supply" in what]


# --- money, speed, heat


def test_a_missing_price_makes_the_total_an_at_least() -> None:
    judged = judge(read('[[boards]]\nboard = "altra_q64"\n[[parts]]\nname = "rope"\n[[parts]]\nname = "nails"\nprice = 2', "x"))
    assert judged.bill.at_least and judged.bill.total.value == 2
    assert "no price of Ampere Altra Q64-22 dev kit, rope" in only(judged, "warning", "the total is at least that")
    assert "costs at least 2.00 GBP" in judged.verdict


def test_picos_count_in_pictures_and_a_pi_beats_them() -> None:
    judged = example("pico_desk")
    assert judged.speed.expected.value == pytest.approx(8 / 5.212)
    assert judged.speed.expected.unit == "pictures/s"
    pi = judged.others[0]
    assert pi.name == "Raspberry Pi 4 Model B" and pi.speed is not None and pi.speed.value == pytest.approx(4 / 0.033)
    assert judged.compared == "for the same money, 1 x Raspberry Pi 4 Model B computes 79 times as much"
    assert judged.running.load.value == pytest.approx((8 * 0.106 + 0.7) / 0.85)


def test_what_has_no_figure_is_left_out_and_named() -> None:
    mixed = judge(read('[[boards]]\nboard = "pi_4b"\n[[boards]]\nboard = "pico"\n', "x"))
    assert mixed.speed.left_out == ("Raspberry Pi Pico (RP2040)",)
    assert only(mixed, "note", "the speed is without")
    none = judge(read('[plan]\nwork = "python"\n[[boards]]\nboard = "pi_5"\n', "x"))
    assert none.compared == ""
    assert none.speed.expected.value == 0 and none.worth.per_speed is None and none.worth.per_work is None


def test_a_supercomputer_would_be_called_one() -> None:
    text = '[[boards]]\nboard = "altra_m128"\ncount = 2000\nlink = "wifi"\n'
    assert judge(read(text, "x")).standing.startswith("a supercomputer: 3.")  # 2000 x 1652.4 GFLOPS, less what a cluster loses
    assert judge(read(text.replace("2000", "1"), "x")).standing.startswith("a computer, no supercomputer")


def test_a_small_closed_case_is_too_hot_and_a_fan_helps() -> None:
    text = "[case]\nlitres = 5\n" + PI + TENDA
    assert only(judge(read(text, "x")), "warning", "a closed case of 5 l")
    assert not said(judge(read(text.replace("litres = 5", "litres = 5\nfans = 1"), "x")), "warning")
    assert only(judge(read('[[boards]]\nboard = "pi_5"\n', "x")), "warning", "wants a heat sink or a fan")


def test_the_user_s_own_figures_count_and_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shoal").mkdir()
    own = "[computers.pi_4b]\nprice_gbp = {value = 55}\nhpl_w = {value = 8.0}\n"
    (tmp_path / "shoal" / catalog.MEASURED_NAME).write_text(own, encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    catalog.forget()
    try:
        judged = example("two_pi4_poe")
        assert judged.bill.total.value == pytest.approx(167.57 + 40)
        assert judged.running.load.value == pytest.approx(2 * 10 + 5)
        assert set(judged.yours) == {"computers.pi_4b.price_gbp", "computers.pi_4b.hpl_w"}
    finally:
        monkeypatch.undo()
        catalog.forget()


def test_a_plan_that_is_never_busy_does_no_work() -> None:
    plan = replace(read(PI + TENDA, "x"), busy=0.0)
    judged = judge(plan)
    assert judged.worth.per_work is None
    assert judged.running.a_year.value == pytest.approx(judged.running.idle.value * 8.766)
