"""Shoal: ordinary Python functions on a shoal of small boards, as if they were one computer.

>>> from shoal import Cluster
>>> with Cluster("virtual:4xpico") as cluster:            # doctest: +SKIP
...     print(list(cluster.map(fn, range(100))))
"""

from shoal.cluster import Cluster
from shoal.errors import (
    BoardError,
    BrokenBoardError,
    BrokenClusterError,
    FunctionError,
    LinkError,
    ProtocolError,
    RemoteError,
    RemoteTraceback,
    ShoalError,
    SpecError,
    TaskTimeoutError,
    UsageError,
    ValueTravelError,
    VersionError,
)
from shoal.model import Account, Board, BoardAccount, BusAccount
from shoal.protocol import Reference
from shoal.task import TaskOptions, task

__version__ = "0.1.0"

__all__ = [
    "Account",
    "Board",
    "BoardAccount",
    "BoardError",
    "BrokenBoardError",
    "BrokenClusterError",
    "BusAccount",
    "Cluster",
    "FunctionError",
    "LinkError",
    "ProtocolError",
    "Reference",
    "RemoteError",
    "RemoteTraceback",
    "ShoalError",
    "SpecError",
    "TaskOptions",
    "TaskTimeoutError",
    "UsageError",
    "ValueTravelError",
    "VersionError",
    "task",
]
