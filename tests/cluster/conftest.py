"""One cluster for the tests that leave it as they found it; others make their own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shoal import Cluster

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster("virtual:3xpico") as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[Cluster]:
    """A cluster that the test may break."""
    with Cluster("virtual:3xpico") as made:
        yield made
