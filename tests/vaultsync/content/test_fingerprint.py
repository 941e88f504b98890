"""Fingerprints: the same after an upgrade, and another for each other request and transformation."""

from dataclasses import replace
from typing import Any

import pytest

from tests.vaultsync.content.specs import certificate, dynamic
from vaultsync.content.fingerprint import fingerprint_of
from vaultsync.content.transformation import Merged


def test_an_upgrade_does_not_change_a_fingerprint() -> None:
    """With another one, each upgrade would issue all credentials and certificates anew."""
    spec = dynamic(vaultAuthRef="team/app", params={"ttl": "1h"}, destination={"name": "db", "create": True})
    merged = Merged(templates={"a": "{{ .Secrets.b }}"}, excludes=(".*",), exclude_raw=True)
    assert fingerprint_of(spec, merged) == "ecec7b018a7e3cde8c487a629e20b08eb2437126df4aa73f8d5b79f79a5a783b"
    assert (
        fingerprint_of(certificate(commonName="web.example", ttl="1h"), Merged())
        == "7c42d7e69831044ee04cfed16cfd3f91caeb72ede4285f7316ab65dcae9b218b"
    )


@pytest.mark.parametrize(
    "merged",
    [
        Merged(templates={"a": "{{ .Secrets.b }}"}),
        Merged(inserted={"a": "{{ .Secrets.b }}"}),
        Merged(includes=("a",)),
        Merged(excludes=("a",)),
        Merged(exclude_raw=True),
    ],
)
def test_each_transformation_has_a_fingerprint_of_its_own(merged: Merged) -> None:
    assert fingerprint_of(dynamic(), merged) != fingerprint_of(dynamic(), Merged())


@pytest.mark.parametrize(
    "change",
    [
        {"vaultAuthRef": "other"},
        {"mount": "other"},
        {"path": "creds/other"},
        {"requestHTTPMethod": "POST"},
        {"params": {"ttl": "1h"}},
        {"destination": {"name": "other"}},
        {"destination": {"name": "keys", "create": True}},
        {"destination": {"name": "keys", "type": "example.com/other"}},
    ],
)
def test_each_request_has_a_fingerprint_of_its_own(change: dict[str, Any]) -> None:
    assert fingerprint_of(dynamic(**change), Merged()) != fingerprint_of(dynamic(), Merged())


def test_a_namespace_of_vault_has_a_fingerprint_of_its_own() -> None:
    spec = dynamic()
    other = replace(spec, vault_namespace="other")
    assert fingerprint_of(other, Merged()) != fingerprint_of(spec, Merged())


@pytest.mark.parametrize(
    "change",
    [
        {"renewalPercent": 50},
        {"revoke": True},
        {"allowStaticCreds": True},
        {"refreshAfter": "1h"},
        {"rolloutRestartTargets": [{"kind": "Deployment", "name": "app"}]},
        {"syncConfig": {"instantUpdates": True}},
        {"destination": {"name": "keys", "labels": {"a": "b"}, "annotations": {"a": "b"}, "overwrite": True}},
    ],
)
def test_what_the_data_does_not_depend_on_has_no_part_in_it(change: dict[str, Any]) -> None:
    assert fingerprint_of(dynamic(**change), Merged()) == fingerprint_of(dynamic(), Merged())
