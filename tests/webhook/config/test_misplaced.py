"""Keys of pods on other objects."""

import pytest

from webhook.config.misplaced import pod_key_warnings


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
@pytest.mark.parametrize(
    ("key", "is_named"),
    [
        ("vault.security.banzaicloud.io/vault-env-from-path", True),
        ("secrets-webhook.security.bank-vaults.io/vault-from-path", True),
        ("vault.hashicorp.com/agent-inject", True),
        ("vault.security.banzaicloud.io/vault-serviceaccount", False),
        ("vault.security.banzaicloud.io/transit-key-id", False),
        ("vault.security.banzaicloud.io/kept-references", False),
        ("vault.security.banzaicloud.io/mutate", False),
    ],
)
def test_a_key_for_pods_is_named_on_other_objects(kind: str, key: str, is_named: bool) -> None:
    expected = [f"{key} has no effect on a {kind}: it is for pods"] if is_named else []
    assert [problem.message for problem in pod_key_warnings(f"{kind.lower()}s", kind, [key])] == expected
    assert not list(pod_key_warnings("objects", "Database", [key]))
