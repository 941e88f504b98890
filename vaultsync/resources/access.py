"""References between custom objects: the default object, and the namespaces that may use an object."""

from vaultkube.sync_resources.auth import lets_in
from vaultkube.sync_resources.references import DEFAULT, Reference


def resolved(reference: Reference | None, namespace: str, operator_namespace: str) -> Reference:
    """Return the object that a reference in `namespace` names; without a reference, `default` in the operator's namespace."""
    return reference.inside(namespace) if reference else Reference(operator_namespace, DEFAULT)


def is_allowed(allowed: tuple[str, ...], target: Reference, user: str, operator_namespace: str) -> bool:
    """Return whether the object `target` with these `allowedNamespaces` may be used from namespace `user`.

    Its own namespace and the operator's always may; all namespaces may use the default object, unless `allowedNamespaces`
    restricts them.
    """
    if user == operator_namespace or lets_in(allowed, target.namespace, user):
        return True
    return not allowed and target == Reference(operator_namespace, DEFAULT)


def refusal(what: str, reference: Reference, user: str) -> str:
    """Return the message for an object that a namespace may not use."""
    return (
        f"{what} {reference} is not for namespace {user}: its author can add the namespace to allowedNamespaces "
        f"of {reference}, or use one of namespace {user}"
    )
