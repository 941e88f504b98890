"""Addresses in the node's private network, which has no route to the outside."""

from collections.abc import Mapping

NODE = "node1"
ADDRESS = "10.200.0.1"
"""Of the node, on the bridge that pods are plugged into: the control plane and DNS listen here."""
VAULT = "10.200.0.2"
REGISTRY = "10.200.0.3"
PRIVATE_REGISTRY = "10.200.0.4"

BRIDGE = "pods0"
POD_NETWORK = "10.200.0.0/24"
FIRST_POD = "10.200.0.10"
SERVICE_NETWORK = "10.96.0.0/16"

VAULT_NAMES = ("vault.example", "vault-09999.saas.true.nl")
REGISTRY_NAME = "registry.example"
PRIVATE_REGISTRY_NAME = "registry.services.k8s.true.nl"

NAMES: Mapping[str, str] = {
    **dict.fromkeys(VAULT_NAMES, VAULT),
    REGISTRY_NAME: REGISTRY,
    PRIVATE_REGISTRY_NAME: PRIVATE_REGISTRY,
}
"""Answers of DNS in pods and on the node; each address is served at port 443."""
