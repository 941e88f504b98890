"""Answers of Vault as templates see them: consul-template's dependency.Secret and PemEncoded."""

from __future__ import annotations

from vaultenv.basics.jsontext import whole
from vaultenv.template.consul.needs import Certificate, List, Write
from vaultenv.template.consul.signatures import StrictFunction
from vaultenv.template.types import NilMap, NilPointer, NilStrings, StringMap, Strings, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from vaultenv.template.consul.needs import Need


def value_of(need: Need, body: Mapping[str, Any]) -> object:
    """Return the template value of Vault's answer to a need: a secret, a certificate, or sorted names.

    A write with an empty answer, as of KV version 1, is nil.
    """
    if isinstance(need, List):
        return Strings(sorted(_strings(_object(body.get("data")).get("keys")))) or NilStrings()
    if isinstance(need, Certificate):
        return certificate(body)
    return NilPointer("dependency.Secret") if isinstance(need, Write) and not body else secret(body)


def secret(body: Mapping[str, Any]) -> Struct:
    """Return the answer to a read or a write, from the JSON object that Vault sent.

    Its fields are RequestID, LeaseID, LeaseDuration, Renewable, Data, Warnings, Auth and WrapInfo. `.Data` is `data` of
    the object: for a KV version 2 secret with its own `data` and `metadata` in it.
    """
    return Struct(
        "dependency.Secret",
        {
            "RequestID": _text(body.get("request_id")),
            "LeaseID": _text(body.get("lease_id")),
            "LeaseDuration": whole(body.get("lease_duration")),
            "Renewable": body.get("renewable") is True,
            "Data": _object(body.get("data")) or NilMap(),
            "Warnings": _strings(body.get("warnings")),
            "Auth": _auth(_object(body.get("auth"))),
            "WrapInfo": _wrap_info(_object(body.get("wrap_info"))),
        },
    )


def _auth(auth: Mapping[str, Any]) -> Struct | NilPointer:
    if not auth:
        return NilPointer("dependency.SecretAuth")
    return Struct(
        "dependency.SecretAuth",
        {
            "ClientToken": _text(auth.get("client_token")),
            "Accessor": _text(auth.get("accessor")),
            "Policies": _strings(auth.get("policies")),
            "Metadata": StringMap(
                {key: _text(value) for key, value in _object(auth.get("metadata")).items()}
            ),
            "LeaseDuration": whole(auth.get("lease_duration")),
            "Renewable": auth.get("renewable") is True,
        },
    )


def _wrap_info(info: Mapping[str, Any]) -> Struct | NilPointer:
    if not info:
        return NilPointer("dependency.SecretWrapInfo")
    return Struct(
        "dependency.SecretWrapInfo",
        {
            "Token": _text(info.get("token")),
            "TTL": whole(info.get("ttl")),
            "CreationTime": _text(info.get("creation_time")),
            "WrappedAccessor": _text(info.get("wrapped_accessor")),
        },
    )


def certificate(body: Mapping[str, Any]) -> Struct:
    """Return the answer to `pkiCert`, from the JSON object with which Vault issued a certificate.

    Its fields are Cert, Key, CA and CAChain, each PEM text ending with a newline; `.Data` is the same again. CA is the
    issuer; the chain has it and all certificates of `ca_chain` once.
    """
    data = _object(body.get("data"))
    issuer = _pem(data.get("issuing_ca"))
    chain = [pem for pem in (issuer, *map(_pem, _strings(data.get("ca_chain")))) if pem]
    return pem_encoded(_pem(data.get("certificate")), _pem(data.get("private_key")), issuer, chain)


def pem_encoded(cert: str, key: str, ca: str, ca_chain: Sequence[str]) -> Struct:
    """Return consul-template's PemEncoded of these PEM texts."""
    chain = Strings(dict.fromkeys(ca_chain))
    methods: dict[str, StrictFunction] = {}
    pem = Struct(
        "dependency.PemEncoded",
        {"Cert": cert, "Key": key, "CA": ca, "CAChain": chain or NilStrings()},
        methods,
        is_pointer=False,
    )
    methods["Data"] = StrictFunction(lambda: pem, "")
    methods["CaChainContains"] = StrictFunction(lambda item: item in chain, "s")
    return pem


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _pem(value: object) -> str:
    return value.strip() + "\n" if isinstance(value, str) and value.strip() else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> Strings:
    return (
        Strings(item for item in value if isinstance(item, str))
        if isinstance(value, list) and value
        else NilStrings()
    )
