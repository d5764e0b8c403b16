"""One measurement in a process of its own: `python -m shoal.bench.subject NAME FIGURE REPEATS COUNT WHERE`.

Prints one line of JSON: `{"values": {value name: [one number per repetition]}, "note": text}`. A wrong answer
ends the process with an error, so no figure is ever reported for work that was not done.
"""

import json
import sys

from shoal.bench import loader
from shoal.bench.figures import FIGURES


def main(name: str, figure: str, repetitions: int, count: int, where: str) -> None:
    """Measure and print. `where` is the number of workers of a peer, or the spec of Shoal's cluster."""
    module = next(entry.module for entry in FIGURES if entry.key == figure)
    values, note = loader.measurement(module)(name, figure, repetitions, count, where)
    print(json.dumps({"values": values, "note": note}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
