"""Helm without a cluster."""

from pathlib import Path

import pytest

from tests.servers.helm import Helm


@pytest.fixture
def helm(tmp_path: Path) -> Helm:
    """Return a Helm that renders and checks."""
    return Helm(tmp_path)
