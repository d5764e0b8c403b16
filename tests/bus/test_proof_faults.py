"""A sample of the long proofs (`python -m shoal.bench.busproof KIND`): faults, boots, noise, and troubles that must be named."""

import subprocess
import sys

import pytest

from shoal.bench import busproof, bustrouble


def right(kind, seed):
    verdict = busproof.PROOFS[kind][0](seed)
    assert verdict.why == "", f"{verdict.why}; again: {busproof.again(kind, seed)}"
    return verdict


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_survives_random_faults(seed):
    right("faults", seed)


@pytest.mark.parametrize("seed", range(4))
def test_a_processor_may_be_unplugged_at_any_moment(seed):
    assert right("unplugs", seed).facts["again"] == 0


@pytest.mark.parametrize("seed", range(4))
def test_sixteen_boards_that_boot_at_once_have_addresses_within_three_seconds(seed):
    assert right("boots", seed).facts["last_s"] <= 3


def test_a_picture_comes_through_noise():
    assert right("noise", 0).facts["payload_kbs"] > 0


@pytest.mark.parametrize("trouble", bustrouble.TROUBLES, ids=lambda trouble: trouble.name)
def test_trouble_is_named_within_five_seconds(trouble):
    seconds, sentence = bustrouble.named(trouble)
    assert seconds is not None, sentence
    assert seconds <= 5, sentence


def told(*events):
    outcome = busproof.Outcome()
    outcome.told = [(0.0, {"kind": kind, "rows": rows}) for kind, *rows in events]
    return busproof.asked_again(outcome)


def test_what_counts_as_asked_for_again():
    assert told(("given", 0, 1), ("answered", 0), ("lost", 1), ("given", 1)) == (0, 0)
    assert told(("given", 0, 1), ("answered", 0), ("given", 0)) == (1, 0)
    assert told(("given", 0), ("given", 0), ("answered", 0)) == (0, 1)


def test_one_seed_can_be_run_again_by_its_command():
    command = busproof.again("boots", 3).split()
    assert command[0] == sys.executable
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"right": 1' in done.stdout
