"""Our keys in places of an object where they have no effect."""

from vaultkube.problem import Problem
from webhook.config.annotation_keys import PREFIXES


def label_warnings(metadata: object) -> list[Problem]:
    """Return a warning for each label with one of our prefixes: only annotations are read."""
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return [
        Problem(
            "annotation-misplaced",
            ("metadata", "labels", key),
            f"label {key} has no effect: write it as an annotation, under metadata.annotations",
        )
        for key in (labels if isinstance(labels, dict) else ())
        if key.startswith(PREFIXES)
    ]
