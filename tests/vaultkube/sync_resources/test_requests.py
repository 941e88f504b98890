"""Requests of Vault, as the API of each engine has them."""

from typing import Any

import pytest

from tests.vaultkube.sync_resources.documents import document
from vaultkube.sync_resources.requests import VaultRequest, request_of
from vaultkube.sync_resources.resources import read_resource


def request(kind: str, **spec: Any) -> VaultRequest:
    found: Any = read_resource(document(kind, **spec)).spec
    return request_of(found)


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("VaultStaticSecret", {}, ("GET", "secret/data/a/b", {}, None)),
        ("VaultStaticSecret", {"version": 3}, ("GET", "secret/data/a/b", {"version": "3"}, None)),
        ("VaultStaticSecret", {"version": 0}, ("GET", "secret/data/a/b", {}, None)),
        ("VaultStaticSecret", {"type": "kv-v1", "version": 3}, ("GET", "secret/a/b", {}, None)),
        ("VaultStaticSecret", {"mount": "/kv/", "path": "/x/"}, ("GET", "kv/data/x", {}, None)),
        ("VaultStaticSecret", {"mount": "a//kv", "path": "x//y"}, ("GET", "a/kv/data/x/y", {}, None)),
        ("VaultDynamicSecret", {}, ("GET", "aws/creds/role", {}, None)),
        ("VaultDynamicSecret", {"requestHTTPMethod": "POST"}, ("PUT", "aws/creds/role", {}, {})),
        (
            "VaultDynamicSecret",
            {"requestHTTPMethod": "GET", "params": {"ttl": "1h"}},
            ("PUT", "aws/creds/role", {}, {"ttl": "1h"}),
        ),
    ],
)
def test_each_kind_has_the_request_of_its_engine(
    kind: str, spec: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    found = request(kind, **spec)
    assert (found.method, found.path, found.query, found.body) == expected


def test_the_request_of_a_certificate_has_all_its_fields() -> None:
    found = request(
        "VaultPKISecret",
        issuerRef="root",
        commonName="a.example",
        altNames=["b.example", "c.example"],
        ipSans=["10.0.0.1"],
        ttl="1h",
        excludeCNFromSans=True,
    )
    assert found.path == "pki/issuer/root/issue/web"
    assert found.body == {
        "common_name": "a.example",
        "alt_names": "b.example,c.example",
        "ip_sans": "10.0.0.1",
        "ttl": "3600s",
        "exclude_cn_from_sans": True,
        "remove_roots_from_chain": True,
    }
    assert "a.example" not in repr(found)
