"""Annotations without effect: each is a warning."""

import pytest

from vaultkube.problem import Problem
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotations import find_unknown
from webhook.config.unsupported import UNSUPPORTED, UnsupportedAnnotation, find_ineffective


def names(row: UnsupportedAnnotation) -> str:
    return row.key


@pytest.mark.parametrize("row", UNSUPPORTED, ids=names)
@pytest.mark.parametrize("prefix", [PREFIX, SUCCESSOR_PREFIX])
def test_an_annotation_of_an_unsupported_feature_is_a_warning(
    row: UnsupportedAnnotation, prefix: str
) -> None:
    message = f"annotation {prefix}{row.key} has no effect: there is no {row.mode} here"
    assert find_ineffective({prefix + row.key: "x"}) == [
        Problem("annotation-ignored", ("metadata", "annotations", prefix + row.key), message)
    ]


@pytest.mark.parametrize("row", UNSUPPORTED, ids=names)
def test_an_annotation_of_an_unsupported_feature_is_not_unknown(row: UnsupportedAnnotation) -> None:
    assert not find_unknown({PREFIX + row.key: "x", SUCCESSOR_PREFIX + row.key: "x"})
