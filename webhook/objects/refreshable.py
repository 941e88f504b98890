"""The values of an object whose references can be kept, and the reasons why those of other values cannot."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.references.parts import Ciphertext, Value
from vaultkube.objects.docker import joined_parts
from vaultkube.objects.kinds import OBJECT_KINDS, ObjectKind
from vaultkube.problem import Problem
from vaultkube.wire.objects import KubernetesObject
from webhook.config.annotations import Config
from webhook.objects.paths import value_path

_TEXT = (
    "there is text beside its reference, a template or a default, which may be secret: set "
    'vault-refresh-text: "true" if it is not'
)
_WRITES = "its reference writes to Vault"
_MIXED = "it holds a ciphertext beside a reference"
_IMMUTABLE = (
    "it is not kept in step with Vault, because it is immutable: the API server accepts no other values"
)


class Refreshable(NamedTuple):
    """Texts with references by the name of their value in the resolved object, and a warning for each other value."""

    texts: Mapping[str, str]
    warnings: tuple[Problem, ...]

    def resolved_in(self, kind: ObjectKind, content: KubernetesObject) -> dict[str, str]:
        """Return the texts that now have values in the object.

        An optional reference without a secret may still be there.
        """
        values = kind.values_at(content, self.texts)
        return {
            name: text
            for name, text in self.texts.items()
            if name in values and values[name] != text.encode()
        }


def is_immutable(kind: ObjectKind, content: KubernetesObject) -> bool:
    """Return whether the API server accepts no other values for the object.

    A custom object may have a field of that name with another meaning.
    """
    return kind is not OBJECT_KINDS["objects"] and content.get("immutable") is True


def find_refreshable(kind: ObjectKind, written: KubernetesObject, config: Config) -> Refreshable:
    """Return the references of an object as `written` that can be kept; none if the object is not to be refreshed.

    Text beside a reference is the author's, and only the author knows whether it is secret; that of a ConfigMap is not.
    """
    texts, warnings = dict[str, str](), list[Problem]()
    allows_text = config.refresh_text or not kind.is_secret
    values = joined_parts(kind.find_values(written)) if config.refresh_after_s else {}
    for name, text in values.items():
        value = _parsed(text)
        if value is None or not any(value.terms()):
            continue
        reason = next(_obstacles(value, allows_text=allows_text), "")
        if reason:
            message = f"key {name} is not kept in step: {reason}"
            warnings.append(Problem("not-kept", value_path(written, name), message))
        else:
            texts[name] = text.decode()
    if texts and is_immutable(kind, written):
        return Refreshable({}, (Problem("not-kept", ("immutable",), _IMMUTABLE),))
    return Refreshable(texts, tuple(warnings))


def _parsed(text: bytes) -> Value | None:
    try:
        text.decode()
        return parse(text)
    except (InvalidReference, UnicodeDecodeError):
        return None


def _obstacles(value: Value, *, allows_text: bool) -> Iterator[str]:
    """Yield the reasons why the references of a value cannot be kept."""
    if any(term.source.body is not None for term in value.terms()):
        yield _WRITES
    if any(isinstance(part, Ciphertext) for part in value.parts):
        yield _MIXED
    has_text = any(isinstance(part, bytes) for part in value.parts)
    if not allows_text and (has_text or any(term.template or term.default for term in value.terms())):
        yield _TEXT
