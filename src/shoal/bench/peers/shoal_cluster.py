"""Shoal itself: the cluster of a spec is an executor like the others."""

from shoal import Cluster
from shoal.bench.peers.executor import ExecutorAdapter


def create() -> ExecutorAdapter:
    """An adapter whose `start` takes a spec."""
    return ExecutorAdapter(Cluster, None)
