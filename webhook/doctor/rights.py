"""The rights of the webhook's ServiceAccount, each with the effect of its absence: docs/security.md."""

from vaultkube.apiserver.access import Right


def rights_for(namespace: str) -> dict[Right, str]:
    """Return the rights that the webhook uses for objects of the namespace, each with the effect of its absence."""
    return {
        Right("get", "configmaps", namespace): "pods with variables from ConfigMaps are refused",
        Right(
            "get", "serviceaccounts", namespace
        ): "pull secrets that only a ServiceAccount names are not tried",
        Right(
            "list", "nodes"
        ): "every pod gets the init container, and platforms are those of CLUSTER_PLATFORMS",
        Right(
            "create", "events", namespace, group="events.k8s.io"
        ): "no Event says why an object was refused",
        Right(
            "create", "subjectaccessreviews", group="authorization.k8s.io"
        ): "Secrets and ConfigMaps with references are refused, unless OBJECT_IDENTITY_CHECK is off",
        Right(
            "get", "secrets", namespace
        ): "pods with variables from Secrets, or whose image needs pull secrets, are refused",
        Right(
            "create", "serviceaccounts", namespace, "token"
        ): "Secrets and ConfigMaps with references are refused",
    }
