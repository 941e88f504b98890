"""Custom objects as documents: the smallest usable one of each kind."""

from typing import Any

SMALLEST: dict[str, dict[str, Any]] = {
    "VaultConnection": {"address": "http://vault:8200"},
    "VaultAuth": {
        "method": "appRole",
        "mount": "approle",
        "appRole": {"roleId": "e7a69056", "secretRef": "k8s-vault-op"},
    },
    "VaultAuthGlobal": {},
    "VaultStaticSecret": {"mount": "secret", "type": "kv-v2", "path": "a/b", "destination": {"name": "kv"}},
    "VaultDynamicSecret": {"mount": "aws", "path": "creds/role", "destination": {"name": "keys"}},
    "VaultPKISecret": {"mount": "pki", "role": "web", "destination": {"name": "tls"}},
    "SecretTransformation": {},
}


def document(kind: str, name: str = "one", namespace: str = "team", **spec: Any) -> dict[str, Any]:
    """Return an object with the smallest spec of its kind, and `spec` over it; None takes a field away."""
    merged = {**SMALLEST[kind], **spec}
    return {
        "apiVersion": "secrets.hashicorp.com/v1beta1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {key: value for key, value in merged.items() if value is not None},
    }


def wrong_documents() -> dict[str, tuple[dict[str, Any], str]]:
    """Return objects that we and the API server must refuse, with a part of both messages."""
    return {
        "an address without scheme": (document("VaultConnection", address="vault:8200"), "spec.address"),
        "an address that is missing": (document("VaultConnection", address=None), "spec.address"),
        "a timeout in words": (document("VaultConnection", timeout="soon"), "spec.timeout"),
        "a method that there is not": (document("VaultAuth", method="userpass"), "spec.method"),
        "a method without what it needs": (
            document("VaultAuth", method="jwt", jwt={"role": "r"}),
            "method jwt needs jwt.role and jwt.serviceAccount or jwt.secretRef",
        ),
        "no method": (document("VaultAuth", method=None), "set method, or vaultAuthGlobalRef"),
        "a global without name": (
            document("VaultAuth", vaultAuthGlobalRef={"namespace": "team"}),
            "set name, or allowDefault: true",
        ),
        "a token of a minute": (
            document(
                "VaultAuth", kubernetes={"role": "r", "serviceAccount": "s", "tokenExpirationSeconds": 60}
            ),
            "spec.kubernetes.tokenExpirationSeconds",
        ),
        "a third version of KV": (document("VaultStaticSecret", type="kv-v3"), "spec.type"),
        "an empty path": (document("VaultStaticSecret", path=""), "spec.path"),
        "a number for a duration": (document("VaultStaticSecret", refreshAfter=60), "spec.refreshAfter"),
        "no destination": (document("VaultStaticSecret", destination=None), "spec.destination"),
        "a name in capitals": (
            document("VaultStaticSecret", destination={"name": "KV"}),
            "spec.destination.name",
        ),
        "a target of another kind": (
            document("VaultStaticSecret", rolloutRestartTargets=[{"kind": "Job", "name": "j"}]),
            "spec.rolloutRestartTargets[0].kind",
        ),
        "renewal after the lease": (document("VaultDynamicSecret", renewalPercent=91), "spec.renewalPercent"),
        "parameters that are no text": (document("VaultDynamicSecret", params={"ttl": 3}), "spec.params"),
        "a reference with two slashes": (
            document("VaultPKISecret", vaultAuthRef="a/b/c"),
            "spec.vaultAuthRef",
        ),
        "a certificate of TLS that is no PEM": (
            document("VaultPKISecret", format="der", destination={"name": "w", "type": "kubernetes.io/tls"}),
            "set format pem, or another destination.type",
        ),
        "a template without text": (
            document("SecretTransformation", templates={"x": {"name": "x"}}),
            "spec.templates",
        ),
    }


OF_THE_MANUAL = """
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultConnection
metadata:
  name: vault-connection
spec:
  address: http://vault.vault.svc.cluster.local:8200
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultAuth
metadata:
  name: vault-auth
spec:
  vaultConnectionRef: vault-connection
  method: appRole
  mount: approle
  appRole:
    roleId: e7a69056-729a-5448-ca6b-5c2b39035ee9
    secretRef: k8s-vault-op
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata:
  name: vault-static-secret-v2
spec:
  vaultAuthRef: vault-auth
  mount: secret
  type: kv-v2
  path: k8s/testdata/secret
  refreshAfter: 60s
  destination:
    create: true
    name: kv-secret
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultDynamicSecret
metadata:
  name: vault-dynamic-secret-aws-iam
spec:
  vaultAuthRef: vault-auth
  mount: aws
  path: creds/my-role
  destination:
    create: true
    name: dynamic-aws-iam
"""
"""The manifests of the manual for the Vault Secrets Operator, word for word."""
