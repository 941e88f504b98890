"""Data: the keys and values of a destination Secret, from a source and a transformation."""

import re
from collections.abc import Mapping
from typing import Any

from vaultenv.basics.text import bounded, encoded
from vaultenv.template.work import Work
from vaultkube.sync_resources.secrets import TLS, PkiSecretSpec, SecretSpec
from vaultsync.content.source import RAW, Source, value_bytes
from vaultsync.content.transformation import Merged, rendered, selected_fields
from vaultsync.content.types import check_type
from vaultsync.errors import DataUnusable

LARGEST_BYTES = 1 << 20
"""Bytes of all values together (MaxSecretSize of Kubernetes)."""
_CHAIN = "ca_chain"

_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_SHOWN, _MOST_SHOWN = 60, 5


def data_of(
    spec: SecretSpec,
    source: Source,
    transformation: Merged,
    *,
    annotations: Mapping[str, str],
    labels: Mapping[str, str],
) -> dict[str, bytes]:
    """Return the data of the destination; raise TransformationFailed or DataUnusable, without a value in the message.

    `annotations` and `labels` are those of the custom object, for templates.
    """
    work = Work()  # bounds filters and templates together
    names = selected_fields(transformation, sorted(source.fields), work)
    data = {name: _value(spec, name, source.fields[name]) for name in names}
    data |= _certificate(spec, source)
    data |= rendered(transformation, source, annotations, labels, work)
    if not transformation.exclude_raw:
        if RAW in transformation.templates:
            raise DataUnusable(
                f"a template makes the key {RAW}, which is the name of the whole answer: give it another key, or set "
                "transformation.excludeRaw: true"
            )
        data[RAW] = source.raw
    check_type(spec.destination, data)
    return _checked(data)


def _value(spec: SecretSpec, name: str, value: Any) -> bytes:
    """Return the value of a key; the chain of a certificate is PEM, for programs that read it as a file."""
    is_chain = isinstance(spec, PkiSecretSpec) and name == _CHAIN and isinstance(value, list) and bool(value)
    if is_chain and all(type(each) is str for each in value):
        return encoded("\n".join(value))
    return value_bytes(value)


def _certificate(spec: SecretSpec, source: Source) -> dict[str, bytes]:
    """Return the keys that a Secret of type kubernetes.io/tls must have; templates and filters cannot leave them out.

    Each ends its last line: OpenShift's router puts certificate and key into one file as they are.
    """
    if not isinstance(spec, PkiSecretSpec) or spec.destination.type != TLS:
        return {}
    fields = source.fields
    certificate, key = _leaf(fields.get("certificate")), _pem(fields.get("private_key"))
    if not certificate or not key:
        raise DataUnusable("Vault's answer has no certificate and private_key: see spec.mount and spec.role")
    issuer = _pem(fields.get("issuing_ca"))
    pems = fields.get(_CHAIN)
    chain = [_pem(each) for each in pems] if isinstance(pems, list) and pems else [issuer]
    full = "\n".join(each for each in (certificate, *chain) if each)
    pem = {"tls.crt": full, "tls.key": key} | ({"ca.crt": issuer} if issuer else {})
    return {name: encoded(f"{text}\n") for name, text in pem.items()}


def _leaf(value: Any) -> str:
    """Return the certificate alone: with format pem_bundle, the private key is before it, and its issuers are behind it."""
    text = _pem(value)
    found = _CERTIFICATE.search(text)
    return found[0] if found else text


def _pem(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _checked(data: dict[str, bytes]) -> dict[str, bytes]:
    wrong = [bounded(key, _SHOWN) for key in data if not _KEY.fullmatch(key) or key in (".", "..")]
    if wrong:
        shown = ", ".join(map(repr, wrong[:_MOST_SHOWN]))
        raise DataUnusable(
            f"a Secret cannot have the key {shown}: only letters, digits, `-`, `_` and `.`; leave it out by "
            "transformation.excludes, and give it another name by a template"
        )
    size = sum(map(len, data.values()))
    if size > LARGEST_BYTES:
        raise DataUnusable(
            f"the data has {size} bytes, and a Secret at most {LARGEST_BYTES}: leave keys out with "
            "transformation.excludes and excludeRaw"
        )
    return data
