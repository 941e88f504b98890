"""The annotation of kept references: JSON with a seal, the HMAC of its whole content for this one object.

A text is genuine if its content, encoded and sealed again, is the same bytes; so nobody can forge it without the key.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from vaultkube.documents.times import seconds_of
from vaultkube.documents.utf8 import utf8
from vaultkube.kept.values import PATH, KeptLogin, KeptReferences, KeptValue, Place
from vaultkube.problem import Problem

ANNOTATIONS_BYTES = 256 << 10
"""Bytes of all annotations of an object that the API server accepts."""
_VERSION = 1
_MARK_BYTES = 16
_NAMES = {
    "address": "address",
    "auth_path": "authPath",
    "role": "role",
    "service_account": "serviceAccount",
    "vault_namespace": "vaultNamespace",
    "audience": "audience",
    "tls_secret": "tlsSecret",
    "skip_verify": "skipVerify",
}
_TYPES = {field.name: bool if field.type is bool else str for field in fields(KeptLogin)}


def mark_of(value: bytes, name: str, place: Place, key: bytes) -> str:
    """Return the mark of a value of the object: a keyed hash, which shows a change without a copy of the value."""
    message = _text(["mark", *place, name]).encode() + b"\0" + value
    return base64.b64encode(hmac.digest(key, message, "sha256")[:_MARK_BYTES]).decode()


def sealed(references: KeptReferences, place: Place, key: bytes) -> str:
    """Return the sealed annotation of an object, the same for the same references and values."""
    document = _document(references)
    message = _text(["seal", *place, document]).encode()
    seal = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return _text({**document, "seal": seal})


def unsealed(text: str, place: Place, key: bytes) -> KeptReferences | Problem:
    """Return the references in an annotation of the object, or the problem of an annotation without a seal by the key."""
    references = read_annotation(text)
    if isinstance(references, KeptReferences) and not hmac.compare_digest(
        sealed(references, place, key).encode(), utf8(text)
    ):
        return _problem(
            "it was not written for this object by the webhook or the operator, or with another key"
        )
    return references


def read_annotation(text: str) -> KeptReferences | Problem:
    """Return the references in an annotation, or its problem. The seal is not verified: anybody may have written it."""
    if len(text) > ANNOTATIONS_BYTES:
        return _problem("it is too long")
    try:
        return _references(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _problem("it cannot be read")


def _references(document: Any) -> KeptReferences:
    """Return the references in a document; raise ValueError, TypeError, KeyError or AttributeError for any other document."""
    if document["version"] != _VERSION:
        raise ValueError(document["version"])
    login = {
        field: _checked(document["login"][name], _TYPES[field])
        for field, name in _NAMES.items()
        if name in document["login"]
    }
    values = {
        _checked(name, str): KeptValue(_checked(value["text"], str), _checked(value["mark"], str))
        for name, value in document["values"].items()
    }
    after_s = _checked(document["refreshAfter"], int)
    if not seconds_of(after_s):
        raise ValueError
    return KeptReferences(KeptLogin(**login), after_s, values)


def _checked(value: Any, type_: type) -> Any:
    if type(value) is not type_:
        raise TypeError
    return value


def _document(references: KeptReferences) -> Mapping[str, Any]:
    login = {_NAMES[field]: value for field, value in asdict(references.login).items() if value}
    values = {name: value._asdict() for name, value in references.values.items()}
    return {"version": _VERSION, "refreshAfter": references.after_s, "login": login, "values": values}


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _problem(why: str) -> Problem:
    return Problem(
        "kept-references",
        PATH,
        f"annotation kept-references: {why}; apply the object again with its references",
    )
