"""A VaultAuth over its VaultAuthGlobal: its own values win, and gaps are errors."""

from typing import Any

import pytest

from tests.vaultkube.sync_resources.documents import document
from vaultkube.sync_resources.auth import AuthGlobalSpec, AuthSpec
from vaultkube.sync_resources.methods import KubernetesLogin
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.resources import read_resource
from vaultsync.errors import ReferenceRefused
from vaultsync.resources.merge import MergedAuth, merge

BLANK = {"method": None, "mount": None, "appRole": None, "vaultAuthGlobalRef": {"name": "g"}}
SHARED = {
    "defaultAuthMethod": "kubernetes",
    "defaultMount": "shared",
    "vaultConnectionRef": "c",
    "headers": {"a": "global", "b": "global"},
    "kubernetes": {
        "role": "r",
        "serviceAccount": "s",
        "tokenExpirationSeconds": 900,
        "mount": "k8s",
        "namespace": "ns1",
        "headers": {"a": "method"},
    },
}


def merged(auth: dict[str, Any], shared: dict[str, Any]) -> MergedAuth:
    own = read_resource(document("VaultAuth", **{**BLANK, **auth})).spec
    other = read_resource(document("VaultAuthGlobal", **shared)).spec
    assert isinstance(own, AuthSpec)
    assert isinstance(other, AuthGlobalSpec)
    return merge(own, other)


def test_an_auth_without_a_global_has_its_own_values() -> None:
    spec = read_resource(document("VaultAuth")).spec
    assert isinstance(spec, AuthSpec)
    found = merge(spec)
    assert (found.method, found.mount, found.connection, found.connection_is_global) == (
        "appRole",
        "approle",
        None,
        False,
    )


def test_a_global_fills_everything_in() -> None:
    found = merged({}, SHARED)
    assert (found.method, found.mount, found.vault_namespace) == ("kubernetes", "k8s", "ns1")
    assert found.login == KubernetesLogin(role="r", service_account="s", token_expiry_s=900)
    assert (found.connection, found.connection_is_global) == (Reference("", "c"), True)
    assert found.headers == {}


def test_own_values_win_one_by_one() -> None:
    found = merged({"mount": "own", "vaultConnectionRef": "d", "kubernetes": {"role": "mine"}}, SHARED)
    assert (found.mount, found.connection, found.connection_is_global) == ("own", Reference("", "d"), False)
    assert found.login == KubernetesLogin(role="mine", service_account="s", token_expiry_s=900)


@pytest.mark.parametrize(
    ("strategy", "own", "headers"),
    [
        ("union", {"c": "own"}, {"a": "method", "b": "global", "c": "own"}),
        ("union", {"a": "own"}, {"a": "own", "b": "global"}),
        ("replace", {"c": "own"}, {"c": "own"}),
        ("replace", {}, {"a": "method"}),
        ("none", {"c": "own"}, {"c": "own"}),
        ("none", {}, {}),
    ],
)
def test_headers_are_merged_by_the_strategy(
    strategy: str, own: dict[str, str], headers: dict[str, str]
) -> None:
    reference = {"name": "g", "mergeStrategy": {"headers": strategy}}
    assert merged({"vaultAuthGlobalRef": reference, "headers": own}, SHARED).headers == headers


@pytest.mark.parametrize(
    ("shared", "message"),
    [
        ({}, "no method"),
        ({"defaultAuthMethod": "jwt"}, "no mount"),
        (
            {"defaultAuthMethod": "jwt", "defaultMount": "m", "jwt": {"role": "r"}},
            "jwt.serviceAccount or jwt.secretRef",
        ),
    ],
)
def test_a_missing_method_mount_or_field_is_an_error(shared: dict[str, Any], message: str) -> None:
    with pytest.raises(ReferenceRefused, match=message):
        merged({}, shared)
