"""The annotation and the label of kept references, read from an object and set in it."""

from collections.abc import Mapping
from typing import Any

from vaultkube.kept.values import ANNOTATION, LABEL, LABEL_VALUE
from vaultkube.wire.objects import KubernetesObject


def annotation_of(content: Mapping[str, Any]) -> str:
    """Return the annotation of an object, "" for none."""
    text = ((content.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    return text if isinstance(text, str) else ""


def with_annotation(content: KubernetesObject, text: str) -> KubernetesObject:
    """Return the object with the annotation and the label or, for an empty text, without them."""
    metadata: Any = {**(content.get("metadata") or {})}
    if not text and ANNOTATION not in (metadata.get("annotations") or {}):
        return content
    for part, key, value in (("annotations", ANNOTATION, text), ("labels", LABEL, LABEL_VALUE)):
        others = {name: known for name, known in (metadata.get(part) or {}).items() if name != key}
        if text or part in metadata:
            metadata[part] = {**(metadata.get(part) or {}), key: value} if text else others
    return {**content, "metadata": metadata}
