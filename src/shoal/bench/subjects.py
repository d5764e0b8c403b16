"""Who is measured: Shoal and its peers, whether each can be measured here, and how its processes are started.

The peers are imported only in their own files under `peers/` and `first/`, in processes of their own.
"""

import importlib.util
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shoal.bench.figures import WORKERS, Figure

SHOAL = "shoal"
DEFAULT_SPEC = f"virtual:{WORKERS}xpico"

_MPI_ENV = {
    # Nine processes on fewer cores: Open MPI 4, then Open MPI 5.
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    # No network between the ranks (shared memory is left), loopback for the launcher.
    "OMPI_MCA_btl": "^tcp",
    "OMPI_MCA_oob_tcp_if_include": "lo",
    # A container's only user is often root, whom Open MPI refuses unless told twice.
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
}

_RAY_ENV = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray replaces 127.0.0.1 by an outside address and listens on all of them unless clusters are off.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


@dataclass(frozen=True)
class Subject:
    """One thing that is measured.

    `adapter` and `script` are files under `peers/` and `first/`; `package` is what must be importable,
    `program` what must be on PATH. `launch` stands before the interpreter and `module` between it and the
    script. `counts` replaces a figure's number of calls where this subject is too slow for it.
    """

    name: str
    title: str
    adapter: str
    script: str
    package: str = "concurrent"
    program: str = ""
    launch: tuple[str, ...] = ()
    module: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    def missing(self) -> str:
        """Why this subject cannot be measured here, or "" if it can."""
        if importlib.util.find_spec(self.package) is None:
            return f"{self.package} is not installed"
        if self.program and shutil.which(self.program) is None:
            return f"{self.program} is not on PATH"
        return ""

    def count(self, figure: Figure) -> int:
        """Calls in one repetition of `figure`."""
        return self.counts.get(figure.key, figure.count)

    def measuring_command(self, figure: Figure, repetitions: int, count: int, where: str) -> list[str]:
        """The command that measures `figure` in a process of its own and prints JSON."""
        arguments = [self.name, figure.key, str(repetitions), str(count), where]
        return [*self._interpreter(), "-m", "shoal.bench.subject", *arguments]

    def script_command(self, where: str) -> list[str]:
        """The command that runs this subject's shortest program, which the parent measures from outside."""
        return [*self._interpreter(), str(Path(__file__).with_name("first") / f"{self.script}.py"), where]

    def _interpreter(self) -> list[str]:
        return [*self.launch, sys.executable, *self.module]


SUBJECTS = (
    Subject(SHOAL, "Shoal", "shoal_cluster", "with_shoal"),
    Subject("futures", "ProcessPool", "futures_pool", "with_futures"),
    Subject("loky", "loky", "loky_pool", "with_loky", package="joblib"),
    Subject("execnet", "execnet", "execnet_channels", "with_execnet", package="execnet"),
    Subject(
        "mpi4py", "mpi4py", "mpi_pool", "with_mpi", package="mpi4py", program="mpiexec",
        launch=("mpiexec", "-n", str(WORKERS + 1)), module=("-m", "mpi4py.futures"), env=_MPI_ENV,
        counts={"round_trip": 500},
    ),
    Subject(
        "ray", "Ray", "ray_tasks", "with_ray", package="ray", env=_RAY_ENV,
        counts={"submit": 2_000, "round_trip": 500},
    ),
    Subject(
        "dask", "Dask", "dask_client", "with_dask", package="distributed",
        counts={"submit": 1_000, "round_trip": 200},
    ),
)

BY_NAME = {subject.name: subject for subject in SUBJECTS}
PEER_NAMES = tuple(subject.name for subject in SUBJECTS if subject.name != SHOAL)
