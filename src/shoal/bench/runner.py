"""Run the benchmark: every measurement in fresh processes, one after another, so that none disturbs another.

A subject that fails or takes too long costs its own cell of the table and nothing else.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

from shoal.bench import machine, memory
from shoal.bench.figures import FIGURES, REPETITIONS, WORKERS, Figure
from shoal.bench.process import running
from shoal.bench.report import Report, Result
from shoal.bench.subjects import BY_NAME, DEFAULT_SPEC, PEER_NAMES, SHOAL, Subject
from shoal.errors import ShoalError, UsageError
from shoal.spec import parse

Progress = Callable[[str], None]


def run(
    quick: bool = False,
    figures: Sequence[str] | None = None,
    peers: Sequence[str] | None = None,
    on: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure Shoal and its peers.

    `quick` makes one repetition instead of five and leaves the paced Picos out. `figures` and `peers` name
    what to measure (None: all; no peers: Shoal alone). `on` is the spec that Shoal is measured on, beside
    eight workers of each peer; real and emulated boards have figures of their own, and no peers. `progress`
    is told, in words, what is about to be measured. Raises `UsageError` for unknown names and for a wrong
    spec; a subject that fails is part of the report.
    """
    spec = on or DEFAULT_SPEC
    chosen = _figures(quick, figures, parse(spec).scheme)
    names = _peers(peers) if any(figure.peers for figure in chosen) else ()
    tell = progress or (lambda _text: None)
    skipped = {name: reason for name in names if (reason := BY_NAME[name].missing())}
    subjects = [BY_NAME[name] for name in (SHOAL, *names) if name not in skipped]
    with tempfile.TemporaryDirectory(prefix="shoal-bench-") as cache:
        bench = _Bench(_environment(cache), 1 if quick else REPETITIONS, spec)
        report = Report(machine.describe(spec), bench.repetitions, bench.bare_python(), skipped=skipped)
        for figure in chosen:
            for subject in subjects if figure.peers else subjects[:1]:
                tell(f"{subject.title}: {figure.key}")
                report.results.append(bench.measure(figure, subject))
    return report


def _figures(quick: bool, wanted: Sequence[str] | None, scheme: str) -> list[Figure]:
    possible = [figure for figure in FIGURES if scheme in figure.schemes]
    if wanted is None:
        return [figure for figure in possible if figure.in_quick or not quick]
    _refuse_unknown("figure", wanted, [figure.key for figure in FIGURES])
    for figure in FIGURES:
        if figure.key in wanted and figure not in possible:
            known = " or ".join(f"{name}:" for name in figure.schemes)
            raise UsageError(f"figure '{figure.key}' is measured on {known}, not on {scheme}:; say so with --on")
    return [figure for figure in possible if figure.key in wanted]


def _peers(wanted: Sequence[str] | None) -> Sequence[str]:
    if wanted is None:
        return PEER_NAMES
    _refuse_unknown("peer", wanted, PEER_NAMES)
    return [name for name in PEER_NAMES if name in wanted]


def _refuse_unknown(kind: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"unknown {kind} {name!r}; known: {', '.join(known)}")


def _environment(cache: str) -> dict[str, str]:
    """Ours, but compiled modules are kept, in `cache`: start-up as if installed, and nothing left behind."""
    env = dict(os.environ)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = cache
    return env


class _Bench:
    """How to make one measurement, whatever the subject."""

    def __init__(self, env: dict[str, str], repetitions: int, spec: str) -> None:
        self._env = env
        self.repetitions = repetitions
        self._spec = spec

    def bare_python(self) -> float:
        """Seconds that an interpreter with nothing to do takes."""
        times = []
        for _ in range(REPETITIONS):
            begin = perf_counter()
            subprocess.run([sys.executable, "-c", "pass"], env=self._env, check=True, timeout=60)
            times.append(perf_counter() - begin)
        return median(times)

    def measure(self, figure: Figure, subject: Subject) -> Result:
        """Measure one figure of one subject; its failure is a result too."""
        if figure.key == "memory" and not memory.measurable():
            return Result(figure.key, subject.name, failure="needs Linux, whose /proc tells shared memory")
        where = self._spec if subject.name == SHOAL else str(WORKERS)
        try:
            if figure.module:
                return self._measure_inside(figure, subject, where)
            return self._measure_outside(figure, subject, where)
        except ShoalError as error:
            return Result(figure.key, subject.name, failure=str(error))

    def _measure_inside(self, figure: Figure, subject: Subject, where: str) -> Result:
        """One process that measures itself as often as needed."""
        repetitions = self.repetitions if figure.repeated else 1
        count = subject.count(figure)
        command = subject.measuring_command(figure, repetitions, count, where)
        with running(command, {**self._env, **subject.env}, figure.limit_s) as child:
            measured = json.loads(child.line("{"))
            child.wait()
        return Result(figure.key, subject.name, measured["values"], count, measured["note"])

    def _measure_outside(self, figure: Figure, subject: Subject, where: str) -> Result:
        """A fresh program for each repetition, after one that does not count: it compiles all modules."""
        self._script(subject, where, figure.limit_s)
        runs = [self._script(subject, where, figure.limit_s) for _ in range(self.repetitions)]
        if figure.key == "start":
            return Result(figure.key, subject.name, {"first_s": [first for first, _ in runs]})
        return Result(figure.key, subject.name, {"pss_mb": [megabytes for _, megabytes in runs]})

    def _script(self, subject: Subject, where: str, limit_s: float) -> tuple[float, float]:
        """Seconds from the start of a program to its first result; its MB once all workers have worked."""
        with running(subject.script_command(where), {**self._env, **subject.env}, limit_s) as child:
            child.line("first 1")
            seconds = perf_counter() - child.begun
            child.line("ready 499500")
            megabytes = memory.family_megabytes(child.pid) if memory.measurable() else 0.0
            child.end_input()
            child.wait()
        return seconds, megabytes
