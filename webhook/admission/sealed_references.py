"""Kept references at admission: the annotation that the webhook writes for an object with `vault-refresh-after`.

The webhook accepts only its own annotation. A reference in a review's annotation is accepted if the object had it
before, with this webhook's seal, and if its value in the object is unchanged. All others are read in this review, as a
ServiceAccount as which the user may act.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from vaultkube.documents.base64 import decoded
from vaultkube.kept.codec import ANNOTATIONS_BYTES, mark_of, sealed, unsealed
from vaultkube.kept.objects import annotation_of, with_annotation
from vaultkube.kept.values import (
    KEY_ENTRY,
    KEY_SECRET,
    PATH,
    KeptLogin,
    KeptReferences,
    KeptValue,
    Place,
)
from vaultkube.objects.kinds import ObjectKind
from vaultkube.problem import Problem
from vaultkube.wire.objects import KubernetesObject
from webhook.admission.needs import SecretObject, Steps

_NO_KEY = "it is not kept in step with Vault: Secret {}/{} does not exist; `vault-webhook sync` makes it (docs/kept.md)"
_NO_NAME = "it is not kept in step with Vault, as it has no name yet: set name instead of generateName"
_TOO_LONG = (
    "it is not kept in step with Vault: its annotations would be longer than {} bytes: divide the object"
)
_LOST = "{} is no longer kept in step with Vault: its value has changed, or the annotation was written by somebody else"


NOT_OURS = _LOST.format("the object")


class Change(NamedTuple):
    """An object under review as it will be stored, the one before it, and the references that this review has resolved.

    `login` is None where nothing was resolved.
    """

    content: KubernetesObject
    before: KubernetesObject | None
    kind: ObjectKind
    place: Place
    after_s: int
    texts: Mapping[str, str]
    login: KeptLogin | None


class Outcome(NamedTuple):
    """The object with or without its annotation and label, and the warnings."""

    content: KubernetesObject
    warnings: tuple[Problem, ...] = ()


def seal(change: Change, own_namespace: str) -> Steps[Outcome]:
    """Return the object with the annotation of its kept references; the key is in the webhook's own namespace."""
    if not change.after_s or not (change.texts or annotation_of(change.content)):
        return Outcome(with_annotation(change.content, ""))
    if not change.place.name:
        return Outcome(with_annotation(change.content, ""), (_warning(_NO_NAME),))
    found = yield SecretObject(own_namespace, KEY_SECRET)
    key = decoded(((found or {}).get("data") or {}).get(KEY_ENTRY))
    if not key:
        return Outcome(
            with_annotation(change.content, ""), (_warning(_NO_KEY.format(own_namespace, KEY_SECRET)),)
        )
    return decide(change, key)


def decide(change: Change, key: bytes) -> Outcome:
    """Return the object with its annotation, sealed with the key, or without one if there is nothing to seal."""
    present = _references(change.content, change.place, key)
    login = change.login or (present.login if present else None)
    values = change.kind.values_at(change.content, {*change.texts, *(present.values if present else ())})
    marked = {
        name: KeptValue(text, mark_of(values[name], name, change.place, key))
        for name, text in change.texts.items()
    }
    if present and present.login == login:
        marked = _unchanged(present, change, values, key) | marked
    lost = _lost(present.values if present else (), marked, change)
    if not marked or login is None:
        return Outcome(with_annotation(change.content, ""), lost)
    text = sealed(KeptReferences(login, change.after_s, dict(sorted(marked.items()))), change.place, key)
    new = with_annotation(change.content, text)
    length = sum(len(name) + len(value) for name, value in new["metadata"]["annotations"].items())
    if length > ANNOTATIONS_BYTES:
        return Outcome(
            with_annotation(change.content, ""), (_warning(_TOO_LONG.format(ANNOTATIONS_BYTES)), *lost)
        )
    return Outcome(new, lost)


def _unchanged(
    present: KeptReferences, change: Change, values: Mapping[str, bytes], key: bytes
) -> dict[str, KeptValue]:
    """Return the references that the object had before, with the same login, and still has with unchanged values.

    Values that the operator writes bring new marks in the annotation.
    """
    before = _references(change.before, change.place, key)
    if before is None or before.login != present.login:
        return {}
    return {
        name: value
        for name, value in present.values.items()
        if name in before.values
        and before.values[name].text == value.text
        and name in values
        and mark_of(values[name], name, change.place, key) == value.mark
    }


def _lost(present: Iterable[str], marked: Mapping[str, KeptValue], change: Change) -> tuple[Problem, ...]:
    """Return warnings about references that an annotation has lost, or about an annotation that is not ours."""
    if not present and annotation_of(change.content) and not change.texts:
        return (_warning(NOT_OURS),)
    return tuple(_warning(_LOST.format(f"key {name}")) for name in present if name not in marked)


def _references(content: KubernetesObject | None, place: Place, key: bytes) -> KeptReferences | None:
    """Return the kept references in an object's annotation; None if it has no valid seal."""
    text = annotation_of(content or {})
    found = unsealed(text, place, key) if text else None
    return found if isinstance(found, KeptReferences) else None


def _warning(message: str) -> Problem:
    return Problem("not-kept", PATH, message)
