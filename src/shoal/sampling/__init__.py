"""A sample of a program's calls, run on one board: what a prediction is made from.

The program runs once, whole, on virtual boards at full speed: its answers are real, and which calls it makes, when, and how many
bytes they are both ways is noted. Then some calls of each function run on one board of the kind asked for, spread evenly over all
calls, until their sum is known to `ENOUGH` or the time is over.

    with sampling.noting() as notes:
        program()                                        # makes clusters, maps functions
    sample = sampling.sample(notes.jobs(), spec.parse("virtual:8xpico?link=i2c@400k"), seconds=10)
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shoal import cluster, spec
from shoal.cluster import Cluster
from shoal.errors import SpecError
from shoal.predict.model import Sample
from shoal.sampling.learning import learn
from shoal.sampling.noting import Noted, Notes
from shoal.sampling.trial import Trial
from shoal.spec import Spec

__all__ = ["SECONDS", "Noted", "Notes", "noting", "sample", "sample_map", "whole"]

SECONDS = 10.0  # of the board's time, if nobody says otherwise


@contextmanager
def noting() -> Iterator[Notes]:
    """Notes of all that is asked of the clusters that are made in the context."""
    notes = Notes()

    def told(made: Cluster) -> None:
        if notes.listening:
            notes.clusters.append(made.spec.text)
            made.listen(notes)

    cluster.watch(told)
    try:
        yield notes
    finally:
        notes.listening = False


def whole(on: Spec) -> Spec:
    """Where a whole program runs to be noted: virtual boards of the kinds of a spec at full speed, one for each core here."""
    cores = os.cpu_count() or 1
    if on.groups:
        groups = on.sized(min(cores, on.count)).text.partition(":")[2].partition("?")[0]
        heap = on.options.get("heap")
        return spec.parse(f"virtual:{groups}" + (f"?heap={heap}" if heap else ""))
    return spec.parse(f"virtual:{cores}xpico")


def paced(on: Spec) -> Spec:
    """The spec with its boards as slow as real ones: virtual boards at full speed tell nothing of them."""
    if on.options.get("pace") != "off":
        return on
    head, _, options = on.text.partition("?")
    others = [item for item in options.split("&") if item and not item.startswith("pace=")]
    return spec.parse(f"{head}?{'&'.join([*others, 'pace=real'])}")


def one_board(on: Spec) -> Spec:
    """The spec of one board of a spec: boards that are found are all there, and the first of them is used."""
    try:
        return on.sized(1)
    except SpecError:
        return on


def sample(
    jobs: Sequence[Noted],
    on: Spec,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    tell: Callable[[str], None] | None = None,
) -> Sample:
    """Run some calls of noted jobs on one board of `on`, paced as its spec says.

    `seconds`: of the board's time, at most about so many, but at least one call of each function; `seed`: decides how costs that
    follow no order are dealt to calls that were not run; `tell`: hears what is being done. Raises ShoalError if a call fails
    or no board answers, UsageError if there are no calls.
    """
    asked = paced(on)
    with Trial(one_board(asked)) as trial:
        return learn(trial, jobs, asked, seconds, seed, tell or _quiet)


def sample_map(
    function: Callable[..., Any],
    *iterables: Iterable[Any],
    on: str | Spec,
    chunksize: int | None = None,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Sample:
    """A sample of `cluster.map(function, *iterables)`, for boards of a spec. Raises as `sample`, and what a call raises."""
    asked = on if isinstance(on, Spec) else spec.parse(on)
    notes = Notes()
    with Cluster(whole(asked).text) as made:
        made.listen(notes)
        for _ in made.map(function, *iterables, chunksize=chunksize):
            pass
    return sample(notes.jobs(), asked, seconds=seconds, seed=seed)


def _quiet(text: str) -> None:
    """Nobody wants to hear it."""
