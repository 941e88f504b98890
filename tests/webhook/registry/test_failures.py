"""Remedies of registry failures."""

import re

from webhook.config.settings import SETTINGS
from webhook.registry.failures import MEANINGS, Kind
from webhook.registry.settings import SETTINGS as REGISTRY_SETTINGS


def test_a_remedy_names_only_settings_that_the_operator_has() -> None:
    named = {name for _, remedy in MEANINGS.values() for name in re.findall(r"[A-Z]+(?:_[A-Z]+)+", remedy)}
    known = {name for row in (*SETTINGS, *REGISTRY_SETTINGS) for name in row.settings}
    assert "REGISTRY_PRIVATE_HOSTS" in named
    assert named <= known


def test_without_credentials_the_remedy_has_that_of_registries_of_clouds() -> None:
    """Nodes of EKS, GKE and AKS need no pull secret, so their pods have none that could be named."""
    assert "DEFAULT_IMAGE_PULL_SECRET" in MEANINGS[Kind.UNAUTHORIZED][1]
