"""Keys of ours that stand where they have no effect."""

from collections.abc import Iterator
from typing import Any

from vaultkube.problem import Problem
from webhook.config.annotation_keys import PREFIXES


def label_warnings(metadata: Any) -> Iterator[Problem]:
    """Yield a warning for each label of an object with one of our prefixes: only annotations are read."""
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    for key in labels if isinstance(labels, dict) else ():
        if str(key).startswith(PREFIXES):
            message = f"label {key} has no effect: write it as an annotation, under metadata.annotations"
            yield Problem("annotation-misplaced", ("metadata", "labels", key), message)
