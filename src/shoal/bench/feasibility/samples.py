"""What was measured for the study: a sample of each job, as a real Pico would give it, and what this computer takes. As JSON.

With the file anybody can predict again, on any computer, and gets the same study: predictions are deterministic.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from shoal import sampling
from shoal.bench import machine
from shoal.bench.feasibility import against
from shoal.bench.jobs import Workload
from shoal.errors import ShoalError
from shoal.predict.model import Job, Sample

Progress = Callable[[str], None]
VERSION = 1
_FOLDER = re.compile(r"firmware=[^&]*/")  # of nobody's interest but this computer's
PACED = "virtual:1xpico?pace=real&link=usb"


@dataclass(frozen=True)
class Samples:
    """`of`: by job; `here_s`: seconds of one core of this computer, by job; `machine`, `pi4`, `pico`: as of `figures.Study`."""

    machine: Mapping[str, str]
    pi4: Mapping[str, float]
    pico: Mapping[str, float]
    here_s: Mapping[str, float]
    of: Mapping[str, Sample]


def take(jobs: Sequence[Workload], on: str, seconds: float, share: float, tell: Progress) -> Samples:
    """Sample jobs on one board of a spec, and put their seconds as a real Pico would take them.

    `seconds`: of the board's time, for each job; `share`: of the calls of each job that are studied.
    Raises what sampling raises: ShoalError where the board fails, UsageError and SpecError for a spec that cannot be.
    """
    tell(f"{on} beside a real Pico")
    pico = against.pico_over_sampled(on, seconds)
    samples = {}
    for job in jobs:
        tell(f"{job.title}: a sample")
        calls = max(1, round(job.calls * share))
        sample = sampling.sample_map(job.function, *job.arguments(calls), on=on, seconds=seconds)
        samples[job.name] = against.as_real(sample, against.typical(pico))
    samples = loading_alike(samples)
    tell("this computer beside a Pi 4")
    pi4, here_s = against.here([(job, len(samples[job.name].jobs[0].seconds)) for job in jobs])
    return Samples({**machine.describe(on), "sampled": _FOLDER.sub("firmware=", on)}, pi4, pico, here_s, samples)


def loading_alike(of: Mapping[str, Sample]) -> dict[str, Sample]:
    """The samples, with the shortest time that any took to load its function, for all functions are about as long.

    An emulated board counts waiting for this computer into the first lump that it takes: seconds, where loading takes tenths.
    """
    least = min(sample.jobs[0].first_s for sample in of.values())
    return {name: replace(sample, jobs=(replace(sample.jobs[0], first_s=least),)) for name, sample in of.items()}


def save(samples: Samples, path: Path) -> None:
    """Write samples as JSON, a job a line. Raises OSError."""
    head = {"version": VERSION, "machine": samples.machine, "pi4": samples.pi4, "pico": samples.pico, "here_s": samples.here_s}
    rows = ",\n".join(f'"{name}": {json.dumps(_short(asdict(sample)))}' for name, sample in samples.of.items())
    path.write_text(f'{json.dumps(_short(head))[:-1]},\n"of": {{\n{rows}\n}}}}\n', encoding="utf-8")


def load(path: Path) -> Samples:
    """Read what `save` wrote. Raises ShoalError if it is something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("version") != VERSION:
            raise ShoalError(f"{path} is of another release; sample again: python -m shoal.bench.feasibility")
        of = {name: _sample(row) for name, row in found.pop("of").items()}
        return Samples(of=of, **found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ShoalError(f"{path} holds no samples of python -m shoal.bench.feasibility: {error}") from None


def _sample(row: dict[str, Any]) -> Sample:
    jobs = tuple(Job(**{name: _frozen(value) for name, value in job.items()}) for job in row.pop("jobs"))
    return Sample(jobs=jobs, **{name: _frozen(value) for name, value in row.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _short(value: Any) -> Any:
    """Five digits are enough of any figure here; sequences of any kind become lists."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_short(each) for each in value]
    return value
