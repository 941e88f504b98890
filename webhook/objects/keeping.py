"""The values of a resolved object whose references may be kept, as they were written, and why others are not."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.references.parts import Ciphertext, Value
from vaultkube.objects.docker import joined_parts
from vaultkube.objects.kinds import ObjectKind
from vaultkube.problem import Problem
from vaultkube.wire.objects import KubernetesObject
from webhook.objects.paths import value_path

RULE = "not-kept"
_TEXT = (
    "there is text beside its reference, a template or a default, which may be secret: say "
    'vault-refresh-text: "true" if it is not'
)
_WRITES = "its reference writes to Vault"
_MIXED = "it holds a ciphertext beside a reference"


class Keepable(NamedTuple):
    """Texts with references by the name that their value has in the resolved object, and a warning for each other one."""

    texts: Mapping[str, str]
    warnings: tuple[Problem, ...]


def find_keepable(
    kind: ObjectKind, written: KubernetesObject, resolved: KubernetesObject, *, is_text_public: bool
) -> Keepable:
    """Return what may be kept of an object, which was `written` with references and is `resolved` now.

    Text beside a reference is the author's, and nobody but them knows whether it is secret; that of a ConfigMap is not.
    """
    texts, warnings = dict[str, str](), list[Problem]()
    found = joined_parts(kind.find_values(written))
    values, keeps_text = kind.values_at(resolved, found), is_text_public or not kind.is_secret
    for name, text in found.items():
        value = _parsed(text)
        if value is None or not any(value.terms()) or values.get(name, text) == text:
            continue
        reason = next(_obstacles(value, keeps_text=keeps_text), "")
        if reason:
            path = value_path(resolved, name)
            warnings.append(Problem(RULE, path, f"key {name} is not kept in step: {reason}"))
        else:
            texts[name] = text.decode()
    return Keepable(texts, tuple(warnings))


def _parsed(text: bytes) -> Value | None:
    try:
        text.decode()
        return parse(text)
    except (InvalidReference, UnicodeDecodeError):
        return None


def _obstacles(value: Value, *, keeps_text: bool) -> Iterator[str]:
    """Yield why the references of a value cannot be kept."""
    if any(term.source.body is not None for term in value.terms()):
        yield _WRITES
    if any(isinstance(part, Ciphertext) for part in value.parts):
        yield _MIXED
    has_text = any(isinstance(part, bytes) for part in value.parts)
    if not keeps_text and (has_text or any(term.template or term.default for term in value.terms())):
        yield _TEXT
