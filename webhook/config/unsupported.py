"""The predecessor's annotations without effect here, such as those of its AWS provider: each causes a warning.

Keys: https://bank-vaults.dev/docs/mutating-webhook/annotations/
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from vaultkube.problem import Problem
from webhook.config.annotation_keys import annotation_path, spellings


@dataclass(frozen=True)
class UnsupportedAnnotation:
    """One unsupported annotation: its key, and the feature it belongs to."""

    key: str
    mode: str


UNSUPPORTED = (
    *(
        UnsupportedAnnotation(key, "AWS provider")
        for key in ("aws-region", "aws-load-from-secret", "credentials-namespace", "credentials-secret-name")
    ),
    UnsupportedAnnotation("inline-mutation", "switch for inline references; they always work"),
)


_ROWS = {key: row for row in UNSUPPORTED for key in spellings(row.key)}


def find_ineffective(annotations: Mapping[str, str]) -> list[Problem]:
    """Return a warning for each annotation of an unsupported feature."""
    return [
        Problem(
            "annotation-ignored",
            annotation_path(key),
            f"annotation {key} has no effect: there is no {_ROWS[key].mode} here",
        )
        for key in annotations
        if key in _ROWS
    ]


def unsupported_keys() -> Set[str]:
    """Return every spelling of every key of the table."""
    return _ROWS.keys()
