"""References between custom objects: which object is meant where none is named, and which namespaces may use it."""

from vaultkube.sync_resources.auth import lets_in
from vaultkube.sync_resources.references import DEFAULT, Reference


def resolved(reference: Reference | None, namespace: str, operator_namespace: str) -> Reference:
    """Return the object that a reference in `namespace` means; without one `default` of the operator's namespace."""
    return reference.inside(namespace) if reference else Reference(operator_namespace, DEFAULT)


def is_allowed(allowed: tuple[str, ...], target: Reference, user: str, operator_namespace: str) -> bool:
    """Return whether the object `where` with these `allowedNamespaces` may be used from namespace `user`.

    Its own namespace and the operator's always may; all may where it is the object that is used where none is named, unless
    `allowedNamespaces` says otherwise.
    """
    if user == operator_namespace or lets_in(allowed, target.namespace, user):
        return True
    return not allowed and target == Reference(operator_namespace, DEFAULT)


def refusal(what: str, reference: Reference, user: str) -> str:
    """Return the message for an object that is not for a namespace."""
    return (
        f"{what} {reference} is not for namespace {user}: its author can add the namespace to allowedNamespaces "
        f"of {reference}, or use one of namespace {user}"
    )
