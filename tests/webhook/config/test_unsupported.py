"""Annotations of modes that there are none of: refused where they would switch one on, else a warning."""

import pytest

from vaultkube.problem import Problem
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotations import find_unknown
from webhook.config.unsupported import UNSUPPORTED, UnsupportedAnnotation, find_ineffective, find_refused


def names(row: UnsupportedAnnotation) -> str:
    return row.key


@pytest.mark.parametrize("row", [row for row in UNSUPPORTED if row.instead], ids=names)
@pytest.mark.parametrize("prefix", [PREFIX, SUCCESSOR_PREFIX])
def test_switching_such_a_mode_on_is_refused_with_what_to_do_instead(
    row: UnsupportedAnnotation, prefix: str
) -> None:
    (problem,) = find_refused({prefix + row.key: "true"})
    message = f"annotation {prefix}{row.key}: there is no {row.mode} here; {row.instead}"
    assert problem == Problem("annotation-refused", ("metadata", "annotations", prefix + row.key), message)


@pytest.mark.parametrize("text", ["", "false", "0", "F"])
def test_leaving_it_off_is_not(text: str) -> None:
    assert not find_refused({PREFIX + "vault-agent": text})


@pytest.mark.parametrize("row", [row for row in UNSUPPORTED if not row.instead], ids=names)
def test_what_only_tunes_such_a_mode_is_a_warning(row: UnsupportedAnnotation) -> None:
    annotations = {PREFIX + row.key: "x"}
    message = f"annotation {PREFIX}{row.key} has no effect: there is no {row.mode} here"
    assert find_ineffective(annotations) == [
        Problem("annotation-ignored", ("metadata", "annotations", PREFIX + row.key), message)
    ]
    assert not find_refused(annotations)


@pytest.mark.parametrize("row", UNSUPPORTED, ids=names)
def test_no_such_key_is_unknown(row: UnsupportedAnnotation) -> None:
    assert not find_unknown({PREFIX + row.key: "x", SUCCESSOR_PREFIX + row.key: "x"})
