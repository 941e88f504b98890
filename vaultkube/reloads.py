"""The annotations by which a workload requests reloads: https://github.com/bank-vaults/vault-secrets-reloader."""

PREFIXES = ("secrets-reloader.security.bank-vaults.io/", "alpha.vault.security.banzaicloud.io/")
RELOAD, COUNT = "reload-on-secret-change", "secret-reload-count"
WORKLOADS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}
"""The kinds that can be reloaded, by resource; the operator's RELOADED_WORKLOADS may name fewer."""


def requests_reload(text: str | None) -> bool:
    """Return whether a value of the annotation requests reloads."""
    return text == "true"
