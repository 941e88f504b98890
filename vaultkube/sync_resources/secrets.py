"""VaultStaticSecret, VaultDynamicSecret and VaultPKISecret: the secret in Vault, and its destination Secret."""

from dataclasses import dataclass
from typing import ClassVar

from vaultkube.sync_resources.destination import Destination, RestartTarget
from vaultkube.sync_resources.kinds import DURATION, FILLED, FLAG, HIDDEN_MAP, TEXT, TEXTS, choice, whole
from vaultkube.sync_resources.references import REFERENCE, Reference
from vaultkube.sync_resources.table import Rule, group, groups, item

TLS = "kubernetes.io/tls"
_AUTH_HELP = "the VaultAuth, NAME or NAMESPACE/NAME; without it `default` of the operator's namespace"
_NAMESPACE_HELP = "the namespace of Vault that the mount is in"
_TARGETS_HELP = "workloads that are rolled after a change"


@dataclass(frozen=True)
class SyncConfig:
    """Settings for the detection of changes."""

    instant: bool = item("instantUpdates", FLAG, "whether Vault's events are listened to (Vault Enterprise)")


@dataclass(frozen=True)
class StaticSecretSpec:
    """VaultStaticSecret: a secret of a KV engine."""

    auth: Reference | None = item("vaultAuthRef", REFERENCE, _AUTH_HELP)
    vault_namespace: str = item("namespace", TEXT, _NAMESPACE_HELP)
    mount: str = item("mount", FILLED, "the mount of the KV engine", required=True)
    path: str = item("path", FILLED, "the path of the secret in the mount, without `data/`", required=True)
    type: str = item("type", choice("kv-v1", "kv-v2"), "the version of the KV engine", required=True)
    version: int | None = item(
        "version", whole(0), "the version of the secret, for kv-v2; without it, or 0, the newest"
    )
    refresh_after_s: float | None = item("refreshAfter", DURATION, "the time after which Vault is read again")
    hmac: bool = item(
        "hmacSecretData",
        FLAG,
        "whether an HMAC of the data is stored, to notice changes in Vault and of the Secret",
        default=True,
    )
    restart_targets: tuple[RestartTarget, ...] = groups("rolloutRestartTargets", RestartTarget, _TARGETS_HELP)
    destination: Destination = group("destination", Destination, "the Secret", required=True)
    sync: SyncConfig | None = group("syncConfig", SyncConfig, "how changes are noticed")


@dataclass(frozen=True)
class DynamicSecretSpec:
    """VaultDynamicSecret: credentials that Vault issues with a lease, or static ones that it rotates."""

    auth: Reference | None = item("vaultAuthRef", REFERENCE, _AUTH_HELP)
    vault_namespace: str = item("namespace", TEXT, _NAMESPACE_HELP)
    mount: str = item("mount", FILLED, "the mount of the engine", required=True)
    path: str = item("path", FILLED, "the path of the credentials in the mount", required=True)
    method: str = item(
        "requestHTTPMethod",
        choice("GET", "POST", "PUT"),
        "the method of the request; default: GET, with `params` PUT",
    )
    params: dict[str, str] = item("params", HIDDEN_MAP, "parameters of the request, which is then a PUT")
    renewal_percent: int = item(
        "renewalPercent",
        whole(0, 90),
        "the part of the lease, in percent, after which it is renewed",
        default=67,
    )
    revoke: bool = item("revoke", FLAG, "whether the lease is revoked when this object is deleted")
    static_credentials: bool = item(
        "allowStaticCreds",
        FLAG,
        "whether the path has credentials that Vault rotates by itself (static roles)",
    )
    refresh_after_s: float | None = item(
        "refreshAfter", DURATION, "the time after which Vault is read again, for answers without a lease"
    )
    restart_targets: tuple[RestartTarget, ...] = groups("rolloutRestartTargets", RestartTarget, _TARGETS_HELP)
    destination: Destination = group("destination", Destination, "the Secret", required=True)
    sync: SyncConfig | None = group("syncConfig", SyncConfig, "how changes are noticed")


@dataclass(frozen=True)
class PkiSecretSpec:
    """VaultPKISecret: a certificate that Vault issues, with its key."""

    auth: Reference | None = item("vaultAuthRef", REFERENCE, _AUTH_HELP)
    vault_namespace: str = item("namespace", TEXT, _NAMESPACE_HELP)
    mount: str = item("mount", FILLED, "the mount of the PKI engine", required=True)
    role: str = item("role", FILLED, "the role that issues the certificate", required=True)
    issuer: str = item("issuerRef", TEXT, "the issuer, by its id or name; without it the role's")
    common_name: str = item("commonName", TEXT, "the common name")
    alt_names: tuple[str, ...] = item("altNames", TEXTS, "further DNS names and email addresses")
    ip_sans: tuple[str, ...] = item("ipSans", TEXTS, "IP addresses")
    uri_sans: tuple[str, ...] = item("uriSans", TEXTS, "URIs")
    other_sans: tuple[str, ...] = item("otherSans", TEXTS, "other names, each `OID;TYPE:VALUE`")
    user_ids: tuple[str, ...] = item("userIDs", TEXTS, "user ids (OID 0.9.2342.19200300.100.1.1)")
    ttl_s: float | None = item("ttl", DURATION, "how long the certificate is valid")
    not_after: str = item("notAfter", TEXT, "the end of the certificate, `YYYY-MM-ddTHH:MM:SSZ`")
    exclude_common_name: bool = item(
        "excludeCNFromSans", FLAG, "whether the common name is left out of the DNS names"
    )
    format: str = item("format", TEXT, "pem, der or pem_bundle; without it pem")
    key_format: str = item("privateKeyFormat", TEXT, "der or pkcs8; without it as `format`")
    expiry_offset_s: float | None = item(
        "expiryOffset",
        DURATION,
        "the time before the end of the certificate at which a new one is issued; without it, or where the certificate lives no "
        "longer, a tenth of its life",
    )
    revoke: bool = item("revoke", FLAG, "whether the certificate is revoked when this object is deleted")
    clear: bool = item(
        "clear",
        FLAG,
        "whether the Secret is emptied when this object is deleted; for `destination.create: false`",
    )
    restart_targets: tuple[RestartTarget, ...] = groups("rolloutRestartTargets", RestartTarget, _TARGETS_HELP)
    destination: Destination = group("destination", Destination, "the Secret", required=True)
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"!has(self.format) || self.format != 'der' || !has(self.destination.type) || self.destination.type != '{TLS}'",
            lambda value: value.get("format") != "der" or value["destination"].get("type") != TLS,
            f"a Secret of type {TLS} has its certificate in PEM: set format pem, or another destination.type",
            "format",
        ),
    )


SecretSpec = StaticSecretSpec | DynamicSecretSpec | PkiSecretSpec
