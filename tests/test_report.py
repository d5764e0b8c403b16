"""The page and the trace of an account: whole, self-contained, readable again; and words for files that are none."""

import itertools
import json
import random
import re
from html.parser import HTMLParser

import pytest

from shoal import UsageError, report
from shoal.model import Account, BoardAccount, BusAccount
from shoal.report import curve, drawing
from shoal.timeline import Span, Timeline

BOARDS = (
    BoardAccount("pico-1", 60, 2, 3, 6.0, 1.0, 1.0, 2.0, 7.0, 1000, 90_000, 0, "pico", 0.09, 0.19),
    BoardAccount("<b>&2", 40, 0, 2, 5.0, 2.0, 0.0, 3.0, 7.0, 1000, 20_000_000, 1, "pico", 0.09, 0.19, 0.5),
)
BUS = BusAccount("i2c 400000", 9.0, 3.0, 10, 20, 1, 2, 0, 0, ("SDA is <low>",))
ACCOUNT = Account(10.0, BOARDS, 2, True, ("a <note>",), BUS, 0.5, 13.0, "measured", "measured")
SPANS = (
    Span(0, "row", 0.0, 0.0, 4.0, 2.0, 0.5, 20),
    Span(0, "row", 0.1, 4.0, 8.0, 4.0, 0.5, 42, 2),
    Span(1, "row", 0.0, 0.0, 7.0, 5.0, 2.0, 40),
)


def made():
    return report.trace(ACCOUNT, SPANS, "virtual:2xpico")


# --- trace --------------------------------------------------------------------------------------


def test_a_trace_is_in_chromes_format():
    told = json.loads(json.dumps(made()))
    assert set(told) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert told["displayTimeUnit"] in ("ms", "ns")
    names = {}
    for event in told["traceEvents"]:
        assert isinstance(event["name"], str) and isinstance(event["pid"], int) and isinstance(event["tid"], int)
        assert isinstance(event["args"], dict)
        if event["ph"] == "M":
            names[event["tid"], event["name"]] = event["args"]
        else:
            assert event["ph"] == "X" and event["ts"] >= 0 and event["dur"] >= 0 and event["cat"]
    assert names[1, "thread_name"] == {"name": "pico-1"}
    assert names[0, "process_name"] == {"name": "shoal virtual:2xpico"}


def test_events_of_a_board_lie_within_each_other_or_apart():
    """Else viewers draw nonsense. Microseconds, to the nanosecond."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    spans, at = [], 0.0
    for _ in range(300):
        took = rng.expovariate(30)
        compute = rng.random() * took * 1.1
        spans.append(Span(0, "f", at - 0.01 if at > 0.01 else 0.0, at, at + took, compute, rng.random() * took, 3))
        at += took + rng.choice((0, 0, rng.random()))
    told = report.trace(ACCOUNT, spans, "x")["traceEvents"]
    open_until = []
    for event in sorted((e for e in told if e["ph"] == "X"), key=lambda e: (e["ts"], -e["dur"])):
        end = event["ts"] + event["dur"]
        while open_until and open_until[-1] <= event["ts"] + 2e-3:
            open_until.pop()
        assert not open_until or end <= open_until[-1] + 2e-3
        open_until.append(end)


def test_a_trace_can_be_read_again():
    saved = report.read(json.dumps(made()), "run.json")
    assert saved == report.Saved("virtual:2xpico", ACCOUNT, SPANS)


def changed(**values):
    told = made()
    shoal = json.loads(told["otherData"]["shoal"])
    shoal["account"].update(values)
    told["otherData"]["shoal"] = json.dumps(shoal)
    return json.dumps(told)


def form(number):
    told = made()
    told["otherData"]["shoal"] = json.dumps({**json.loads(told["otherData"]["shoal"]), "form": number})
    return json.dumps(told)


def event_changed(**args):
    told = made()
    next(event for event in told["traceEvents"] if event.get("cat") == "lump")["args"].update(args)
    return json.dumps(told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("not JSON", "is not JSON"),
        ("[]", "no trace of Shoal's"),
        ("7", "no trace of Shoal's"),
        ('{"traceEvents": []}', "no trace of Shoal's"),
        ('{"traceEvents": [], "otherData": "x"}', "no trace of Shoal's"),
        ('{"otherData": {"shoal": "{"}}', "was changed"),
        ('{"otherData": {"shoal": "{}"}}', "was changed"),
        ('{"otherData": {"shoal": "[]"}}', "was changed"),
        ('{"otherData": {"shoal": "{\\"form\\": 1}"}}', "damaged"),
        (form(0), "an older release"),
        (form(99), "a newer release"),
        (changed(wall_s="10"), "damaged"),
        (changed(wall_s=-1), "damaged"),
        (changed(wall_s=None), "damaged"),
        (changed(wall_s=1e999), "damaged"),
        (changed(boards=[{"name": "x"}]), "damaged"),
        (changed(boards=7), "damaged"),
        (changed(bus=[1]), "damaged"),
        (changed(notes=3), "damaged"),
        (event_changed(board=7), "damaged"),
        (event_changed(board=-1), "damaged"),
        (event_changed(ended=1e300), "damaged"),
        (event_changed(begun="<script>"), "damaged"),
        (event_changed(calls=None), "damaged"),
    ],
)
def test_a_file_that_is_no_such_trace_is_told_in_words(text, said):
    with pytest.raises(UsageError, match=said) as told:
        report.read(text, "run.json")
    assert "run.json" in str(told.value) and "\n" not in str(told.value)
    assert "write it again" in str(told.value) or "--trace FILE" in str(told.value), "it says what to do"


def test_a_trace_of_thousands_of_nested_brackets_is_no_crash():
    with pytest.raises(UsageError):
        report.read("[" * 100_000, "run.json")


# --- page ---------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags that are opened and closed as they should be."""

    VOID = ("meta", "rect", "line", "path", "circle")

    def __init__(self):
        super().__init__()
        self.stack, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    page = Page()
    page.feed(text)
    page.close()
    assert page.stack == []
    return page


def test_a_page_says_it_all_and_needs_no_network():
    text = report.html(ACCOUNT, SPANS, "virtual:2xpico?pace=real&link=usb")
    page = parsed(text)
    said = " ".join("".join(page.text).split())
    assert "http" not in text and "@import" not in text and "url(" not in text
    assert not [tag for tag, attrs in page.tags if tag in ("script", "link", "img", "iframe") or {"src", "href"} & set(attrs)]
    for words in ("What binds: compute", "speed-up (measured)", "1.30", "calls per joule", "<b>&2", "a <note>", "20 MB"):
        assert words in said
    assert [tag for tag, _ in page.tags].count("svg") == 2


def test_a_page_of_a_thousand_boards_shows_some():
    boards = tuple(BoardAccount(f"pico-{n}", 1, 0, 1, 1.0) for n in range(1000))
    text = report.html(Account(1.0, boards, 2, True), [Span(n, "f", 0.0, 0.0, 1.0, 1.0, 0.0, 1) for n in range(1000)], "x")
    assert "Of 1000 boards the first 128 are shown" in text and len(text) < 1_000_000


def test_a_page_of_nothing_is_a_page():
    said = "".join(parsed(report.html(Account(0.0, (), 2, False), (), "virtual:1xpico")).text)
    assert "no call was answered" in said and "no timeline" in said


def test_a_page_warns_of_a_cluster_that_was_slower_than_one_board():
    slow = Account(20.0, BOARDS, 2, True, alone_s=13.0, alone_how="measured")
    assert "slower than one board alone" in report.html(slow, SPANS, "x")
    assert "slower than one board alone" not in report.html(ACCOUNT, SPANS, "x")


def test_the_curve_goes_through_the_run_unless_a_prediction_is_given():
    points = dict(curve.estimated(ACCOUNT))
    assert points[2] == pytest.approx(ACCOUNT.speed_up)
    assert points[1] < points[2] < points[4]
    assert "estimated from this account" in curve.figure(ACCOUNT)
    assert "Line: predicted" in curve.figure(ACCOUNT, [(1, 1.0), (2, 1.3), (16, 1.4)])


def test_a_row_of_the_timeline_shows_what_took_most_of_each_point():
    spans = [Span(0, "f", 0.0, 2.0, 10.0, 4.0, 2.0, 1)]
    rects = re.findall(r'<rect class="(\w+)" x="(\d+)" y="2" width="(\d+)"', drawing.timeline(["pico-1"], spans))
    assert [word for word, _, _ in rects] == ["idle", "waiting", "link", "compute"]
    assert [int(width) for _, _, width in rects] == [192, 192, 192, 384], "of 960 points for 10 s"


@pytest.mark.parametrize(
    ("value", "above"), [(0.7, 1), (1, 1), (1.1, 2), (3, 5), (5.1, 10), (11, 20), (0.03, 0.05), (0.0011, 0.002)]
)
def test_steps_of_axes_are_round(value, above):
    assert drawing.nice(value) == pytest.approx(above)


# --- timeline -----------------------------------------------------------------------------------


def test_a_timeline_is_bounded_and_keeps_its_sums():
    timeline = Timeline(2, most=200)
    for number in range(10_007):
        timeline.add(0, (f"f{number % 3}", number, number, number + 0.9, 0.5, 0.25, 2, 1))
    timeline.add(1, ("g", 0.0, 0.0, 1.0, 0.5, 0.5, 1, 1))
    spans = list(timeline)
    mine = [span for span in spans if span.board == 0]
    assert len(mine) <= 100 and len(spans) == len(timeline) == len(mine) + 1
    assert sum(span.lumps for span in mine) == 10_007
    assert sum(span.calls for span in mine) == 20_014
    assert sum(span.compute_s for span in mine) == pytest.approx(5003.5)
    assert all(one.ended <= other.begun for one, other in itertools.pairwise(mine))
    assert all(len(span.function) < 60 for span in mine)
    assert (mine[0].begun, mine[-1].ended) == (0, 10_006.9)


def test_every_board_of_many_has_room():
    timeline = Timeline(10_000, most=100)
    for number in range(300):
        timeline.add(9_999, ("f", number, number, number + 1, 1.0, 0.0, 1, 1))
    assert 32 <= len(timeline) <= 64
