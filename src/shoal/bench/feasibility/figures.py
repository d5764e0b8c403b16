"""What the study found, as plain values: made by `study`, read by `tables` and `drawing`."""

from collections.abc import Mapping
from dataclasses import dataclass

COUNTS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Link:
    """A way to reach boards: its name, its title in tables, the spec of boards on it, their kind in the catalogue.

    `facts`: its own key there; "" where the wire's physics and a controller's charges are all that is needed.
    """

    name: str
    title: str
    spec: str
    kind: str = "pico"
    facts: str = ""


LINKS = (
    Link("usb", "USB", "virtual:1xpico?link=usb", facts="usb"),
    Link("wifi", "Wi-Fi", f"tcp:{','.join(f'w{number}' for number in range(max(COUNTS)))}", "pico_w", "wifi_pico_w"),
    Link("i2c@100k", "I2C 100 kHz", "virtual:1xpico?link=i2c@100k"),
    Link("i2c@400k", "I2C 400 kHz", "virtual:1xpico?link=i2c@400k"),
    Link("i2c@1M", "I2C 1 MHz", "virtual:1xpico?link=i2c@1M"),
    Link("uart@1M", "UART 1 Mbit/s", "virtual:1xpico?link=uart@1M"),
)
LINK_TITLES = {link.name: link.title for link in LINKS}


@dataclass(frozen=True)
class JobFigures:
    """One job. Seconds of computing on one Pico, on this computer and on a Pi 4, one core each; bytes of arguments and answers.

    `spread`: dearest sampled call over the cheapest; `error`: standard error of `pico_s`, relative; `code`: "Python", or "machine
    code" where the seconds follow from what the kernels of `shoal.kernels` take on an emulated Pico.
    """

    name: str
    title: str
    calls: int
    pico_s: float
    here_s: float
    pi4_s: float
    out_bytes: int
    back_bytes: int
    spread: float
    error: float
    code: str = "Python"


@dataclass(frozen=True)
class Cell:
    """One job on so many boards over one link. `wall_s`: predicted; `pico_s`: the same calls computed by one Pico, no link.

    `joules`: of the boards alone; `binds`: what binds, a word of `shoal.binding`.
    """

    job: str
    link: str
    boards: int
    wall_s: float
    pico_s: float
    joules: float
    binds: str

    @property
    def speed_up(self) -> float:
        """Over one Pico that has all the data already and does the job by itself."""
        return self.pico_s / self.wall_s


@dataclass(frozen=True)
class Study:
    """All figures of one run.

    `machine`: as of `shoal.bench.machine`, and `sampled`, the spec of the board that the samples come from; `pi4`: seconds of a
    Pi 4's core for one of this computer's, by loop; `pico`: of a real Pico for one of the sampled board; `bases`: the worst
    of each link's figures.
    """

    machine: Mapping[str, str]
    pi4: Mapping[str, float]
    pico: Mapping[str, float]
    jobs: tuple[JobFigures, ...]
    cells: tuple[Cell, ...]
    bases: Mapping[str, str]

    def of(self, job: str, link: str) -> list[Cell]:
        """The cells of a job on a link, fewest boards first."""
        return sorted((cell for cell in self.cells if (cell.job, cell.link) == (job, link)), key=lambda cell: cell.boards)

    def best(self, job: str, link: str) -> Cell:
        """The fastest of them; of equally fast ones that of the fewest boards."""
        return min(self.of(job, link), key=lambda cell: (cell.wall_s, cell.boards))

    @property
    def links(self) -> list[str]:
        """The links that were studied, in the order of LINKS."""
        return [link.name for link in LINKS if any(cell.link == link.name for cell in self.cells)]

    def in_code(self, code: str) -> list[JobFigures]:
        """The jobs whose functions are "Python", or "machine code"."""
        return [job for job in self.jobs if job.code == code]
