"""The Dockerfile needs only the network: its sources are fetched without a cache of this machine."""

from pathlib import Path

import pytest

from tests.cluster.builder import run_in_stage
from vaultenv.native.build.pins import COMPONENTS

pytestmark = pytest.mark.node


def test_everything_that_is_pinned_can_be_fetched_inside_of_the_image() -> None:
    fetched = run_in_stage("tools", "/opt/python/bin/python", "-m", "vaultenv.native.build.fetch")
    pins = [pin for one in COMPONENTS for pin in (one.archive, one.patches) if pin]
    assert [Path(line).name for line in fetched.splitlines()] == [*(pin.name for pin in pins), "zig"]
