"""The merge of a VaultAuth with its VaultAuthGlobal: the complete login, or the part that it lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vaultkube.sync_resources.auth import (
    AuthGlobalSpec,
    AuthSpec,
    GlobalLogin,
    MergeStrategy,
    StorageEncryption,
    needs_text,
)
from vaultkube.sync_resources.methods import NEEDS, TABLES, Login
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.table import items_of
from vaultsync.errors import ReferenceRefused

_UNION, _REPLACE = "union", "replace"


@dataclass(frozen=True)
class MergedAuth:
    """A merged login: the connection (None: the default one), the method with its parameters, and further headers.

    A connection without a namespace is in the VaultAuth's namespace or, if there is none and `connection_is_global`, in the
    VaultAuthGlobal's.
    """

    connection: Reference | None
    connection_is_global: bool
    vault_namespace: str
    method: str
    mount: str
    login: Login
    params: Mapping[str, str]
    headers: Mapping[str, str]
    storage: StorageEncryption | None = None


def merge(auth: AuthSpec, shared: AuthGlobalSpec | None = None) -> MergedAuth:
    """Return the login of a VaultAuth, whose own values win; raise ReferenceRefused for a value that neither object has."""
    method = auth.method or (shared.method if shared else "")
    if not method:
        raise ReferenceRefused("no method: set spec.method, or defaultAuthMethod of the VaultAuthGlobal")
    shared = shared or AuthGlobalSpec()
    by_method = shared.login(method)
    mounts = (auth.mount, by_method.mount if by_method else "", shared.mount)
    if not any(mounts):
        raise ReferenceRefused("no mount: set spec.mount, or defaultMount of the VaultAuthGlobal")
    namespaces = (
        auth.vault_namespace,
        by_method.vault_namespace if by_method else "",
        shared.vault_namespace,
    )
    strategy = (auth.global_ref and auth.global_ref.strategy) or MergeStrategy()
    params = (auth.params, by_method.params if by_method else {}, shared.params)
    headers = (auth.headers, by_method.headers if by_method else {}, shared.headers)
    return MergedAuth(
        connection=auth.connection or shared.connection,
        connection_is_global=auth.connection is None and shared.connection is not None,
        vault_namespace=_first(namespaces),
        method=method,
        mount=_first(mounts),
        login=_login(auth.login(method), by_method, method),
        params=_texts(strategy.params, *params),
        headers=_texts(strategy.headers, *headers),
        storage=auth.storage,
    )


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")


def _login(own: Login | None, shared: GlobalLogin | None, method: str) -> Login:
    """Return the parameters of the method, each the VaultAuth's own or else the VaultAuthGlobal's; raise ReferenceRefused."""
    table = TABLES[method]
    sources = [source for source in (own, shared) if source]
    values = [
        (row, next(filter(None, (getattr(source, row.field) for source in sources)), None))
        for row in items_of(table)
    ]
    given = {row.name for row, value in values if value}
    if not all(given.intersection(names) for names in NEEDS[method]):
        raise ReferenceRefused(f"method {method} needs {needs_text(method)}")
    login: Login = table(**{row.field: value for row, value in values if value})
    return login


def _texts(
    strategy: str, own: Mapping[str, str], by_method: Mapping[str, str], shared: Mapping[str, str]
) -> Mapping[str, str]:
    if strategy == _UNION:
        return {**shared, **by_method, **own}
    if strategy == _REPLACE:
        return own or by_method or shared
    return own
