"""The request to Vault that a spec describes: its method, path, query and body, by the API of each engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, SecretSpec, StaticSecretSpec

KV_V2 = "kv-v2"
_GET, _PUT = "GET", "PUT"


@dataclass(frozen=True)
class VaultRequest:
    """A request: `path` is without `v1/` and slashes around it; `body` is None for a read, and may hold secrets."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str | bool] | None = field(default=None, repr=False)


def request_of(spec: SecretSpec) -> VaultRequest:
    """Return the request whose answer is the spec's secret."""
    if isinstance(spec, StaticSecretSpec):
        return _static(spec)
    return _dynamic(spec) if isinstance(spec, DynamicSecretSpec) else _certificate(spec)


def _static(spec: StaticSecretSpec) -> VaultRequest:
    """Return the read request: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version"""
    is_v2 = spec.type == KV_V2
    query = {"version": str(spec.version)} if is_v2 and spec.version else {}
    return VaultRequest(_GET, _joined(spec.mount, "data" if is_v2 else "", spec.path), query)


def _dynamic(spec: DynamicSecretSpec) -> VaultRequest:
    path = _joined(spec.mount, spec.path)
    if spec.params:
        return VaultRequest(_PUT, path, body=dict(spec.params))
    return VaultRequest(_GET, path) if spec.method in ("", _GET) else VaultRequest(_PUT, path, body={})


def _certificate(spec: PkiSecretSpec) -> VaultRequest:
    """Return the issue request: https://developer.hashicorp.com/vault/api-docs/secret/pki#generate-certificate-and-key"""
    issuer = f"issuer/{spec.issuer.strip('/')}" if spec.issuer else ""
    texts = {
        "common_name": spec.common_name,
        "alt_names": ",".join(spec.alt_names),
        "ip_sans": ",".join(spec.ip_sans),
        "uri_sans": ",".join(spec.uri_sans),
        "other_sans": ",".join(spec.other_sans),
        "user_ids": ",".join(spec.user_ids),
        "ttl": f"{spec.ttl_s:.0f}s" if spec.ttl_s else "",
        "not_after": spec.not_after,
        "format": spec.format,
        "private_key_format": spec.key_format,
    }
    flags = {"exclude_cn_from_sans": spec.exclude_common_name, "remove_roots_from_chain": True}
    body: dict[str, str | bool] = {name: text for name, text in texts.items() if text}
    body |= {name: flag for name, flag in flags.items() if flag}
    return VaultRequest(_PUT, _joined(spec.mount, issuer, "issue", spec.role), body=body)


def _joined(*parts: str) -> str:
    """Return a path without empty segments, for which Vault would redirect."""
    return "/".join(segment for part in parts for segment in part.split("/") if segment)
