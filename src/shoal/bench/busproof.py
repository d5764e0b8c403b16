"""Proofs of the bus by many seeded runs: `python -m shoal.bench.busproof KIND [--seeds 0:500] [--jobs 2]`.

Each run is a breadboard in virtual time of which the seed decides everything: when boards boot, what fails and when. A run that
is not right is named with its seed and the command that repeats it alone.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from random import Random
from statistics import median
from time import perf_counter

from shoal.bench import busrun
from shoal.bench.busrun import Frame, Outcome
from shoal.virtual.breadboard.faults import Fault, random_faults

SMALL = Frame(limit=100, rows=4)  # all 76,800 pixels, with little to compute: faults hit the bus
NOISY = Frame(limit=300, rows=4, plain=True)  # its answers keep the bus busy all the time
LAST_S = 4.5  # of virtual time: by then the picture is drawn, if nothing fails
BOOT_LIMIT_S = 3.0


@dataclass(frozen=True)
class Verdict:
    """What one run showed. `why` it is not right, or ""; `facts`: its figures, by name."""

    seed: int
    why: str
    facts: dict[str, float] = field(default_factory=dict)


def faults(seed: int) -> Verdict:
    """Three random faults at any time; the picture must be that of plain Python, bit by bit."""
    made = busrun.wired()
    outcome = busrun.run([SMALL], seed=seed, faults=random_faults(seed, made, LAST_S))
    return Verdict(seed, busrun.complaint(outcome, SMALL), _times(outcome))


def noise(seed: int) -> Verdict:
    """Bits on every line of the bus are wrong with a probability of 1e-4, all the time."""
    outcome = busrun.run([NOISY], seed=seed, noise=1e-4)
    facts = _times(outcome)
    if facts:
        facts["payload_kbs"] = NOISY.payload / facts["frame_s"] / 1e3
    return Verdict(seed, busrun.complaint(outcome, NOISY), facts)


def unplugs(seed: int) -> Verdict:
    """Any processor loses its power at any moment, in every second run for a while only."""
    draw = Random(f"unplug {seed}")
    at_s = draw.uniform(0.0, LAST_S)
    back = at_s + draw.uniform(0.2, 2.0) if seed % 2 else None
    fault = Fault("unplug", f"p{draw.randint(1, 8)}", round(at_s, 6), back and round(back, 6))
    outcome = busrun.run([SMALL], seed=seed, faults=(fault,))
    again, copies = asked_again(outcome)
    why = busrun.complaint(outcome, SMALL) or (f"{again} tiles were asked for again that no lost board held" if again else "")
    return Verdict(seed, why, {**_times(outcome), "again": again, "copies": copies, "lost": _lost(outcome)})


def boots(seed: int) -> Verdict:
    """Sixteen processors and the controller boot within 1.5 s; in every second run without the attention line."""
    made = busrun.wired(16)
    if seed % 2:
        made = busrun.without_attention(made)
    outcome = busrun.run([], processors=16, seed=seed, made=made, wait_ms=8000, limit_s=20.0)
    booted = max(us for us, kind, _, _ in outcome.trace if kind == "boot") / 1e6
    joined = [(at, what) for at, what in outcome.told if what["kind"] == "joined"]
    lost = outcome.of("left")
    addresses, ids = ({what[key] for _, what in joined} for key in ("board", "id"))
    last = max((at for at, _ in joined), default=0.0) - booted
    why = ""
    if len(ids) < 16 or len(addresses) < 16:
        why = f"{len(ids)} of 16 boards got {len(addresses)} addresses"
    elif len(joined) > 16 or lost:
        why = f"{len(joined)} boards joined and {len(lost)} left, of 16 that stayed"
    elif last > BOOT_LIMIT_S:
        why = f"the last of 16 boards had its address {last:.2f} s after the last boot"
    return Verdict(seed, why, {"last_s": last})


PROOFS: dict[str, tuple[Callable[[int], Verdict], int]] = {
    "faults": (faults, 100),
    "noise": (noise, 20),
    "unplugs": (unplugs, 500),
    "boots": (boots, 1000),
}


def asked_again(outcome: Outcome) -> tuple[int, int]:
    """Tiles given again although nobody had lost them: after their answer, and (copies) while another board had them."""
    holders: dict[int, int] = {}
    answered: set[int] = set()
    again = copies = 0
    for _, what in outcome.told:
        if what["kind"] == "begin":
            holders, answered = {}, set()
        for row in what.get("rows", ()):
            if what["kind"] == "given":
                again += row in answered
                copies += holders.get(row, 0) > 0 and row not in answered
                holders[row] = holders.get(row, 0) + 1
            elif what["kind"] == "answered":
                answered.add(row)
            elif what["kind"] == "lost":
                holders[row] = 0
    return again, copies


def _lost(outcome: Outcome) -> int:
    return sum(len(what["rows"]) for what in outcome.of("lost"))


def _times(outcome: Outcome) -> dict[str, float]:
    told = outcome.of("frame")
    return {"frame_s": told[-1]["us"] / 1e6} if told else {}


def run(kind: str, seeds: Sequence[int], jobs: int) -> Iterator[Verdict]:
    """The verdicts of these seeds, as they come, by so many processes."""
    proof, _ = PROOFS[kind]
    busrun.expected(NOISY if kind == "noise" else SMALL)  # once, before the processes are forked
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(proof, seed) for seed in seeds]
        for future in as_completed(waiting):
            yield future.result()


def again(kind: str, seed: int) -> str:
    """The command that repeats one run."""
    return f"{sys.executable} -m shoal.bench.busproof {kind} --seeds {seed}"


def summary(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """How many runs were right, and of each figure the median and the largest."""
    found: dict[str, float] = {"runs": len(verdicts), "right": sum(not verdict.why for verdict in verdicts)}
    for name in dict.fromkeys(name for verdict in verdicts for name in verdict.facts):
        values = [verdict.facts[name] for verdict in verdicts if name in verdict.facts]
        found[f"{name} median"] = median(values)
        found[f"{name} most"] = max(values)
    return found


def _seeds(text: str, most: int) -> range:
    first, colon, last = text.partition(":")
    return range(int(first), int(last)) if colon else range(int(first), int(first) + 1) if text else range(most)


def main() -> int:
    """Run one proof; 1 if a run was not right."""
    parser = argparse.ArgumentParser(prog="python -m shoal.bench.busproof", description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=PROOFS)
    parser.add_argument("--seeds", default="", help="one, or FIRST:END; as many as the proof asks for without")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    args = parser.parse_args()
    seeds = _seeds(args.seeds, PROOFS[args.kind][1])
    begun = perf_counter()
    verdicts: list[Verdict] = []
    for verdict in run(args.kind, seeds, args.jobs):
        verdicts.append(verdict)
        if verdict.why:
            print(f"seed {verdict.seed}: {verdict.why}\n    again: {again(args.kind, verdict.seed)}", flush=True)
        if len(verdicts) % 10 == 0 or len(seeds) < 10:
            wrong = sum(bool(done.why) for done in verdicts)
            passed = perf_counter() - begun
            print(f"{args.kind}: {len(verdicts)} of {len(seeds)}, {wrong} wrong, {passed:.0f} s, {verdict}", file=sys.stderr)
    print(json.dumps({"proof": args.kind, "seeds": [seeds.start, seeds.stop], **summary(verdicts)}))
    return 1 if any(verdict.why for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
