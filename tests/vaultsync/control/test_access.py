"""The objects on the way to Vault, and the message for a missing or refused one."""

from collections.abc import Mapping
from typing import Any

import pytest

from vaultkube.sync_resources.references import Reference
from vaultsync.cluster.store import Entry, Key, entry_of
from vaultsync.control.access import access_of
from vaultsync.errors import ReferenceRefused

CONNECTION = {"address": "https://vault:8200"}
AUTH = {"method": "kubernetes", "mount": "kubernetes", "kubernetes": {"role": "app", "serviceAccount": "app"}}


def _known(*objects: tuple[str, str, str, Mapping[str, Any]]) -> dict[Key, Entry]:
    entries = [
        entry_of({"metadata": {"namespace": namespace, "name": name}, "spec": spec}, kind)
        for kind, namespace, name, spec in objects
    ]
    return {entry.key: entry for entry in entries}


def test_without_names_the_defaults_of_the_operators_namespace_are_used() -> None:
    known = _known(
        ("VaultAuth", "op", "default", {**AUTH, "allowedNamespaces": ["team"]}),
        ("VaultConnection", "op", "default", CONNECTION),
    )
    access = access_of(None, "team", "op", known.get)
    assert (access.auth, access.connection) == (Reference("op", "default"), Reference("op", "default"))


def test_an_auth_of_another_namespace_must_allow_the_namespace() -> None:
    known = _known(("VaultAuth", "one", "auth", AUTH), ("VaultConnection", "op", "default", CONNECTION))
    with pytest.raises(ReferenceRefused, match="allowedNamespaces"):
        access_of(Reference("one", "auth"), "two", "op", known.get)


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ([], "VaultAuth team/auth does not exist"),
        ([("VaultAuth", "team", "auth", AUTH)], "VaultConnection op/default does not exist"),
        ([("VaultAuth", "team", "auth", {"method": "kubernetes"})], "VaultAuth team/auth cannot be used"),
        (
            [("VaultAuth", "team", "auth", {**AUTH, "vaultAuthGlobalRef": {"allowDefault": True}})],
            "no VaultAuthGlobal 'default'",
        ),
        (
            [("VaultAuth", "team", "auth", {"method": "aws", "mount": "aws", "aws": {"role": "app"}})],
            "VaultAuth team/auth: method aws as the operator",
        ),
    ],
)
def test_a_missing_object_on_the_way_to_vault_is_named(
    objects: list[tuple[str, str, str, Mapping[str, Any]]], words: str
) -> None:
    with pytest.raises(ReferenceRefused, match=words):
        access_of(Reference("team", "auth"), "team", "op", _known(*objects).get)


@pytest.mark.parametrize("reference", [None, Reference("op", "default")])
def test_the_default_login_of_the_operators_namespace_is_for_all_unless_restricted(
    reference: Reference | None,
) -> None:
    connection = ("VaultConnection", "op", "default", CONNECTION)
    known = _known(("VaultAuth", "op", "default", AUTH), connection)
    assert access_of(reference, "team", "op", known.get).auth == Reference("op", "default")
    known = _known(("VaultAuth", "op", "default", {**AUTH, "allowedNamespaces": ["other"]}), connection)
    with pytest.raises(ReferenceRefused, match="allowedNamespaces"):
        access_of(reference, "team", "op", known.get)


APP_ROLE = {"method": "appRole", "mount": "approle", "appRole": {"roleId": "r"}}
FILE = {"secretIDPath": "/var/run/secrets/kubernetes.io/serviceaccount/token"}


@pytest.mark.parametrize("is_global", [False, True])
def test_a_file_of_the_operator_is_sent_only_where_the_operators_namespace_says_to(is_global: bool) -> None:
    shared = {"allowedNamespaces": ["*"], "appRole": FILE}
    by_reference = {**APP_ROLE, "vaultAuthGlobalRef": {"name": "shared", "namespace": "op"}}
    known = _known(
        (
            "VaultAuth",
            "team",
            "auth",
            by_reference if is_global else {**APP_ROLE, "appRole": {"roleId": "r", **FILE}},
        ),
        ("VaultAuth", "op", "auth", {**by_reference, "allowedNamespaces": ["team"]}),
        ("VaultAuthGlobal", "op", "shared", shared),
        ("VaultConnection", "op", "default", CONNECTION),
    )
    with pytest.raises(ReferenceRefused, match=r"team/auth: appRole\.secretIDPath is only for"):
        access_of(Reference("team", "auth"), "team", "op", known.get)
    assert access_of(Reference("op", "auth"), "team", "op", known.get).auth == Reference("op", "auth")


def test_a_login_of_the_operators_namespace_with_another_name_is_not_for_all() -> None:
    known = _known(("VaultAuth", "op", "auth", AUTH), ("VaultConnection", "op", "default", CONNECTION))
    with pytest.raises(ReferenceRefused, match="allowedNamespaces"):
        access_of(Reference("op", "auth"), "team", "op", known.get)


@pytest.mark.parametrize(
    ("named", "mount"), [({}, "of-op"), ({"namespace": "other"}, "of-other"), ({"namespace": "op"}, "of-op")]
)
def test_the_default_global_is_that_of_the_named_namespace(named: dict[str, str], mount: str) -> None:
    auth = {**AUTH, "mount": "", "vaultAuthGlobalRef": {"allowDefault": True, **named}}
    known = _known(
        ("VaultAuth", "team", "auth", auth),
        ("VaultConnection", "op", "default", CONNECTION),
        ("VaultAuthGlobal", "op", "default", {"defaultMount": "of-op"}),
        ("VaultAuthGlobal", "other", "default", {"defaultMount": "of-other", "allowedNamespaces": ["*"]}),
    )
    assert access_of(Reference("team", "auth"), "team", "op", known.get).merged.mount == mount


@pytest.mark.parametrize(
    ("namespaces", "found"),
    [({"team"}, "team"), ({"team", "shared"}, "team"), ({"shared"}, "shared"), (set(), "")],
)
def test_a_connection_that_a_global_names_is_in_the_namespace_of_the_login_else_in_its_own(
    namespaces: set[str], found: str
) -> None:
    """The Vault Secrets Operator searches it only in the namespace of the VaultAuth."""
    known = _known(
        ("VaultAuth", "team", "auth", {**AUTH, "vaultAuthGlobalRef": {"name": "g", "namespace": "shared"}}),
        ("VaultAuthGlobal", "shared", "g", {"vaultConnectionRef": "vault", "allowedNamespaces": ["*"]}),
        *(("VaultConnection", namespace, "vault", CONNECTION) for namespace in namespaces),
    )
    if found:
        assert access_of(Reference("team", "auth"), "team", "op", known.get).connection == Reference(
            found, "vault"
        )
    else:
        with pytest.raises(ReferenceRefused, match="VaultConnection shared/vault does not exist"):
            access_of(Reference("team", "auth"), "team", "op", known.get)
