"""A scene for each test."""

import pytest

from tests.vaultsync.vault.scene import Scene


@pytest.fixture
def scene() -> Scene:
    """A Vault that grants tokens, and nothing kept yet."""
    return Scene()
