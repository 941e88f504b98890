"""References between custom objects: which object is meant where none is named, and which namespaces may use it."""

from vaultkube.sync_resources.auth import lets_in
from vaultkube.sync_resources.references import DEFAULT, Reference


def resolved(reference: Reference | None, namespace: str, operator_namespace: str) -> Reference:
    """Return the object that a reference in `namespace` means; without one `default` of the operator's namespace."""
    return reference.inside(namespace) if reference else Reference(operator_namespace, DEFAULT)


def is_allowed(allowed: tuple[str, ...], owner: str, user: str, operator_namespace: str) -> bool:
    """Return whether an object of namespace `owner` with these `allowedNamespaces` may be used from namespace `user`.

    Its own namespace and the operator's always may.
    """
    return user == operator_namespace or lets_in(allowed, owner, user)


def is_for_all(allowed: tuple[str, ...], where: Reference, operator_namespace: str) -> bool:
    """Return whether an object is for all namespaces: that which is meant where none is named, unless it says for whom it is."""
    return not allowed and where == Reference(operator_namespace, DEFAULT)


def refusal(what: str, reference: Reference, user: str) -> str:
    """Return the message for an object that is not for a namespace."""
    return (
        f"{what} {reference} is not for namespace {user}: its author can add the namespace to allowedNamespaces "
        f"of {reference}, or use one of namespace {user}"
    )
