"""VaultAuth and VaultAuthGlobal: the login, and the namespaces that may use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from vaultkube.sync_resources.kinds import FILLED, FLAG, HEADERS, HIDDEN_MAP, NAME, NAMED, TEXT, TEXTS, choice
from vaultkube.sync_resources.methods import (
    METHOD,
    NEEDS,
    AppRoleLogin,
    AwsLogin,
    GcpLogin,
    JwtLogin,
    KubernetesLogin,
    Login,
)
from vaultkube.sync_resources.references import REFERENCE, Reference
from vaultkube.sync_resources.table import Rule, group, item

_STRATEGY = choice("union", "replace", "none")
_STRATEGY_HELP = (
    "`union`: all of both, VaultAuth's win; `replace`: the first that are not empty, of VaultAuth, the method and "
    "the VaultAuthGlobal; `none`, as without it: VaultAuth's alone"
)
_ALLOWED_HELP = (
    "namespaces that may use it, `*` for all; without it its own namespace and the operator's, and all where it is "
    "`default` of the operator's namespace"
)
_GLOBAL = "vaultAuthGlobalRef"
_EVERY = "*"


@dataclass(frozen=True)
class MergeStrategy:
    """The strategies by which headers and parameters of a VaultAuth and its VaultAuthGlobal are merged."""

    headers: str = item("headers", _STRATEGY, f"headers: {_STRATEGY_HELP}")
    params: str = item("params", _STRATEGY, f"parameters: {_STRATEGY_HELP}")


@dataclass(frozen=True)
class GlobalRef:
    """The VaultAuthGlobal that fills in the fields that a VaultAuth leaves open."""

    name: str = item("name", NAMED, "its name; needed unless `allowDefault` is true")
    namespace: str = item("namespace", NAME, "its namespace; without it that of the VaultAuth")
    strategy: MergeStrategy | None = group(
        "mergeStrategy", MergeStrategy, "how headers and parameters of both are merged"
    )
    allow_default: bool = item(
        "allowDefault",
        FLAG,
        "whether, without `name`, the VaultAuthGlobal `default` is used: of the VaultAuth's namespace, else of the operator's",
    )
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.name) || (has(self.allowDefault) && self.allowDefault)",
            lambda value: "name" in value or value.get("allowDefault") is True,
            "set name, or allowDefault: true",
            "name",
        ),
    )


@dataclass(frozen=True)
class StorageEncryption:
    """The key of Vault's transit engine that encrypts stored tokens."""

    mount: str = item("mount", FILLED, "the mount of the transit engine", required=True)
    key_name: str = item("keyName", FILLED, "the name of the key", required=True)


def _rule(method: str) -> Rule:
    """Return the rule that a VaultAuth without a VaultAuthGlobal has all fields that its method needs."""
    alternatives = [[f"has(self.{method}.{name})" for name in names] for names in NEEDS[method]]
    needed = " && ".join(
        [
            f"has(self.{method})",
            *(each[0] if len(each) == 1 else f"({' || '.join(each)})" for each in alternatives),
        ]
    )
    cel = f"!has(self.method) || self.method != '{method}' || has(self.{_GLOBAL}) || ({needed})"

    def holds(value: Mapping[str, Any]) -> bool:
        if value.get("method") != method or _GLOBAL in value:
            return True
        login = value.get(method) or {}
        return all(any(login.get(name) is not None for name in names) for names in NEEDS[method])

    return Rule(cel, holds, f"method {method} needs {needs_text(method)}", method)


def lets_in(allowed: tuple[str, ...], owner: str, user: str) -> bool:
    """Return whether an object of namespace `owner` with these `allowedNamespaces` may be used from namespace `user`."""
    return user == owner or _EVERY in allowed or user in allowed


def needs_text(method: str) -> str:
    """Return the fields that a method needs, for messages."""
    return " and ".join(" or ".join(f"{method}.{name}" for name in names) for names in NEEDS[method])


@dataclass(frozen=True)
class AuthSpec:
    """VaultAuth."""

    connection: Reference | None = item(
        "vaultConnectionRef",
        REFERENCE,
        "the VaultConnection, NAME or NAMESPACE/NAME; without it `default` of the operator's namespace",
    )
    global_ref: GlobalRef | None = group(
        _GLOBAL, GlobalRef, "a VaultAuthGlobal for the fields that are not set here"
    )
    vault_namespace: str = item("namespace", TEXT, "the namespace of Vault to log in to")
    allowed: tuple[str, ...] = item("allowedNamespaces", TEXTS, _ALLOWED_HELP)
    method: str = item("method", METHOD, "the method; needed without a VaultAuthGlobal that has a default")
    mount: str = item("mount", TEXT, "the mount of the auth method")
    params: dict[str, str] = item("params", HIDDEN_MAP, "further parameters of the login")
    headers: dict[str, str] = item("headers", HEADERS, "headers of every request")
    kubernetes: KubernetesLogin | None = group("kubernetes", KubernetesLogin, "for method kubernetes")
    app_role: AppRoleLogin | None = group("appRole", AppRoleLogin, "for method appRole")
    jwt: JwtLogin | None = group("jwt", JwtLogin, "for method jwt")
    aws: AwsLogin | None = group("aws", AwsLogin, "for method aws")
    gcp: GcpLogin | None = group("gcp", GcpLogin, "for method gcp")
    storage: StorageEncryption | None = group(
        "storageEncryption",
        StorageEncryption,
        "the key that encrypts stored tokens; see docs/sync.md",
    )
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"has(self.method) || has(self.{_GLOBAL})",
            lambda value: "method" in value or _GLOBAL in value,
            "set method, or vaultAuthGlobalRef",
            "method",
        ),
        *map(_rule, NEEDS),
    )

    def login(self, method: str) -> Login | None:
        """Return the fields of a method, one of METHODS."""
        login: Login | None = _login_of(self, method)
        return login


@dataclass(frozen=True)
class _Shared:
    vault_namespace: str = item("namespace", TEXT, "the namespace of Vault to log in to with this method")
    mount: str = item("mount", TEXT, "the mount of the auth method")
    params: dict[str, str] = item("params", HIDDEN_MAP, "further parameters of the login")
    headers: dict[str, str] = item("headers", HEADERS, "headers of every request")


@dataclass(frozen=True)
class GlobalKubernetes(_Shared, KubernetesLogin):
    """Method kubernetes of a VaultAuthGlobal."""


@dataclass(frozen=True)
class GlobalJwt(_Shared, JwtLogin):
    """Method jwt of a VaultAuthGlobal."""


@dataclass(frozen=True)
class GlobalAppRole(_Shared, AppRoleLogin):
    """Method appRole of a VaultAuthGlobal."""


@dataclass(frozen=True)
class GlobalAws(_Shared, AwsLogin):
    """Method aws of a VaultAuthGlobal."""


@dataclass(frozen=True)
class GlobalGcp(_Shared, GcpLogin):
    """Method gcp of a VaultAuthGlobal."""


GlobalLogin = GlobalKubernetes | GlobalJwt | GlobalAppRole | GlobalAws | GlobalGcp


@dataclass(frozen=True)
class AuthGlobalSpec:
    """VaultAuthGlobal: the common fields of several VaultAuths."""

    allowed: tuple[str, ...] = item("allowedNamespaces", TEXTS, _ALLOWED_HELP)
    connection: Reference | None = item(
        "vaultConnectionRef",
        REFERENCE,
        "the VaultConnection of a VaultAuth that names none; without a namespace in that of the VaultAuth, else in that of this object",
    )
    vault_namespace: str = item(
        "defaultVaultNamespace", TEXT, "the namespace of Vault, where the method names none"
    )
    method: str = item("defaultAuthMethod", METHOD, "the method of a VaultAuth that names none")
    mount: str = item("defaultMount", TEXT, "the mount, where the method names none")
    params: dict[str, str] = item("params", HIDDEN_MAP, "further parameters of the login")
    headers: dict[str, str] = item("headers", HEADERS, "headers of every request")
    kubernetes: GlobalKubernetes | None = group("kubernetes", GlobalKubernetes, "for method kubernetes")
    app_role: GlobalAppRole | None = group("appRole", GlobalAppRole, "for method appRole")
    jwt: GlobalJwt | None = group("jwt", GlobalJwt, "for method jwt")
    aws: GlobalAws | None = group("aws", GlobalAws, "for method aws")
    gcp: GlobalGcp | None = group("gcp", GlobalGcp, "for method gcp")

    def login(self, method: str) -> GlobalLogin | None:
        """Return the fields of a method, one of METHODS."""
        login: GlobalLogin | None = _login_of(self, method)
        return login


def _login_of(spec: AuthSpec | AuthGlobalSpec, method: str) -> Any:
    """Return a spec's fields of a method, or None."""
    by_method = {
        "kubernetes": spec.kubernetes,
        "jwt": spec.jwt,
        "appRole": spec.app_role,
        "aws": spec.aws,
        "gcp": spec.gcp,
    }
    return by_method.get(method)
