"""The figures of emulated boards: how traces are read, and what is refused; with firmware, that they can be measured at all."""

import subprocess
import sys
import time

import pytest

from shoal.bench import run
from shoal.bench.figures import FIGURES, LINES
from shoal.bench.packets import Packet, Trace, rate, turnaround_ms
from shoal.errors import ShoalError, UsageError


def test_a_trace_gives_the_packets_of_an_action(tmp_path):
    file = tmp_path / "5ba2.packets"
    file.write_text("1000000 in 30\n")
    trace = Trace(tmp_path)

    def action():
        with file.open("a") as stream:
            stream.write("2000000 in 36\n3500000 out 43\n")
            stream.flush()
            time.sleep(0.05)
            stream.write("3600000 in 12\n40")  # the last line is not whole yet

    assert trace.during(action) == [Packet(0.002, "in", 36), Packet(0.0035, "out", 43), Packet(0.0036, "in", 12)]
    assert turnaround_ms(trace.during(lambda: file.open("a").write("00000 in 1\n4100000 out 9\n"))) == pytest.approx(0.1)


@pytest.mark.parametrize("boards", [0, 2])
def test_a_trace_is_of_one_board(tmp_path, boards):
    for number in range(boards):
        (tmp_path / f"{number}.packets").touch()
    with pytest.raises(ShoalError, match=f"{boards} boards wrote a trace.*emulated:1xpico"):
        Trace(tmp_path).during(lambda: None)


def test_a_rate_is_that_of_the_load_alone():
    code = [Packet(0.001 * number, "in", 64) for number in range(10)]
    load = [Packet(1 + 0.001 * number, "in", 64) for number in range(11)]
    answers = [Packet(1.5, "out", 64), Packet(3, "in", 5)]
    assert rate(code + load + answers, "in", 11 * 64) == pytest.approx(11 * 64 / 0.010 / 1000)
    with pytest.raises(ShoalError, match="64 bytes went out, and 65 should have"):
        rate(answers, "out", 65)


def test_figures_are_refused_where_they_cannot_be_measured():
    with pytest.raises(UsageError, match=r"figure 'wire' is measured on emulated:, not on virtual:; say so with --on"):
        run(figures=["wire"])
    with pytest.raises(UsageError, match=r"figure 'submit' is measured on virtual:, not on emulated:"):
        run(figures=["submit"], on="emulated:1xpico")


def test_every_scheme_of_a_figure_is_one():
    assert {scheme for figure in FIGURES for scheme in figure.schemes} <= {"virtual", "usb", "tcp", "emulated"}
    assert len({(line.figure, line.value) for line in LINES}) == len(LINES)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["kernels", "wire"])
def test_figures_of_real_firmware(real_firmware, key):
    """Measured in full, once; that they reach their targets is for `shoal bench` to say."""
    figure = next(figure for figure in FIGURES if figure.key == key)
    where = f"emulated:1xpico?firmware={real_firmware}"
    command = [sys.executable, "-m", "shoal.bench.subject", "shoal", key, "1", "3", where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=figure.limit_s)
    assert not done.returncode, done.stderr
    for line in LINES:
        if line.figure == key:
            assert f'"{line.value}": [' in done.stdout
