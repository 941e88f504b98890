"""Specs, answers of Vault and sources for the tests of contents."""

from typing import Any

from tests.vaultkube.sync_resources.documents import document
from vaultenv.basics.jsontext import loads
from vaultkube.sync_resources.destination import TransformationSpec
from vaultkube.sync_resources.resources import Resource, read_resource
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec

ANSWER = loads(
    b'{"data":{"data":{"key1":"value1"},"metadata":{"created_time":"2024-03-21T09:55:44.328192211Z",'
    b'"custom_metadata":null,"deletion_time":"","destroyed":false,"version":1}}}'
)
"""The answer that the manual's secret of KV version 2 has."""


def resource(kind: str = "VaultStaticSecret", **spec: Any) -> Resource:
    found = read_resource(
        document(kind, **spec) | {"metadata": {"name": "one", "namespace": "team", "uid": "u1"}}
    )
    assert not found.problems
    return found


def static(**spec: Any) -> StaticSecretSpec:
    found = resource(**spec).spec
    assert isinstance(found, StaticSecretSpec)
    return found


def dynamic(**spec: Any) -> DynamicSecretSpec:
    found = resource("VaultDynamicSecret", **spec).spec
    assert isinstance(found, DynamicSecretSpec)
    return found


def certificate(**spec: Any) -> PkiSecretSpec:
    found = resource("VaultPKISecret", **spec).spec
    assert isinstance(found, PkiSecretSpec)
    return found


def shared(**spec: Any) -> TransformationSpec:
    found = resource("SecretTransformation", **spec).spec
    assert isinstance(found, TransformationSpec)
    return found
