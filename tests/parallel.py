"""Tests side by side: the groups of tests for one worker, and the number of workers of a machine.

Each worker has servers of its own. `scripts/test` runs the suite so; without `-n` nothing here has an effect.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import groupby

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_FOLDER = "tests/cluster/"
_NODES = ("node 1", "node 2")
_SECOND_NODE = "tests/cluster/test_f"
"""Two nodes side by side: the files before this name take as long as the others."""


class ByFileAndTier(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the groups of `groups` in the order of the tests."""

    _groups: Mapping[str, str] = {}

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        self._groups = groups(collection)
        super().add_node_collection(node, collection)

    def _split_scope(self, nodeid: str) -> str:
        return self._groups[nodeid]


def groups(tests: Sequence[str]) -> Mapping[str, str]:
    """Return the group of each test: neighbours in a file, which are of one tier; all tests on a node are one group."""
    runs = enumerate(groupby(tests, key=_place))
    return {
        test: place if place in _NODES else f"{place} {number}"
        for number, (place, run) in runs
        for test in run
    }


def _place(test: str) -> str:
    return _NODES[test >= _SECOND_NODE] if test.startswith(_FOLDER) else test.partition("::")[0]


def workers() -> int:
    """Return two workers more than processors, because the tests wait for half of their time."""
    return len(os.sched_getaffinity(0)) + 2
