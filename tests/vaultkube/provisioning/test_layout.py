"""The layout of a provisioned Vault."""

import pytest

from vaultkube.provisioning.layout import Layout, is_namespace, policy_text, shared_policy_text


def test_the_text_of_a_policy_quotes_names() -> None:
    assert policy_text('c"', "n").splitlines()[0] == r'path "c\"/data/n" { capabilities = ["read"] }'


def test_the_text_of_a_policy() -> None:
    assert policy_text("c", "ns").splitlines() == [
        'path "c/data/ns" { capabilities = ["read"] }',
        'path "c/data/ns/*" { capabilities = ["read"] }',
        'path "c/data/_shared" { capabilities = ["read"] }',
        'path "c/data/_shared/*" { capabilities = ["read"] }',
    ]


def test_each_namespace_has_a_policy_of_its_name_or_all_have_one() -> None:
    assert Layout("c").policy_name("shop") == "c-shop"
    assert Layout("c", one_policy=True).policy_name("shop") == "c-_namespaces"
    metadata = "{{identity.entity.aliases.auth_kubernetes_1.metadata.service_account_namespace}}"
    lines = shared_policy_text("c", "auth_kubernetes_1").splitlines()
    assert lines[1] == f'path "c/data/{metadata}/*" {{ capabilities = ["read"] }}'


def test_a_role_is_the_namespaces_if_all_of_its_fields_are() -> None:
    layout = Layout("c", token_ttl="10m")
    found = {**layout.role("shop"), "token_ttl": 600, "token_type": "default"}
    assert layout.is_role("shop", found)
    assert not layout.is_role("other", found)
    assert not layout.is_role("shop", {**found, "token_policies": ["c-shop", "root"]})
    assert not layout.is_role("shop", {**found, "token_ttl": 3600})
    assert not layout.is_role("shop", {})
    assert not Layout("c", token_ttl="1d").is_role("shop", found)


@pytest.mark.parametrize(
    ("name", "is_one"), [("a", True), ("a-b1", True), ("", False), ("_shared", False), ("a/b", False)]
)
def test_only_names_of_namespaces_are_accepted(name: str, is_one: bool) -> None:
    assert is_namespace(name) is is_one
