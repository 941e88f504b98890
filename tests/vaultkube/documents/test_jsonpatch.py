"""diff(old, new) is a patch that an independent implementation of RFC 6902 applies to the same result."""

import json

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from vaultkube.documents.jsonpatch import apply, diff

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/~", max_size=3)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(DOCUMENTS, DOCUMENTS)
def test_applying_the_difference_gives_the_new_document(old: object, new: object) -> None:
    applied = jsonpatch.apply_patch({"root": old}, diff({"root": old}, {"root": new}))
    assert json.dumps(applied, sort_keys=True) == json.dumps({"root": new}, sort_keys=True)


@given(DOCUMENTS, DOCUMENTS)
def test_our_own_apply_does_the_same_as_the_independent_one(old: object, new: object) -> None:
    patch = diff({"root": old}, {"root": new})
    ours, theirs = apply({"root": old}, patch), jsonpatch.apply_patch({"root": old}, patch)
    assert json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)


@given(DOCUMENTS)
def test_equal_documents_differ_in_nothing(document: object) -> None:
    assert diff(document, document) == []


def test_an_item_put_first_is_one_addition() -> None:
    old = {"initContainers": [{"name": "b"}, {"name": "c"}]}
    new = {"initContainers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    assert diff(old, new) == [{"op": "add", "path": "/initContainers/0", "value": {"name": "a"}}]


def test_an_item_put_first_leaves_a_changed_neighbour_in_place() -> None:
    old = {"c": [{"name": "b", "x": 1}]}
    new = {"c": [{"name": "a"}, {"name": "b", "x": 2}]}
    assert diff(old, new) == [
        {"op": "add", "path": "/c/0", "value": {"name": "a"}},
        {"op": "replace", "path": "/c/1/x", "value": 2},
    ]


def test_items_put_last_leave_changed_ones_in_place() -> None:
    old = {"env": [{"name": "A", "value": "1"}]}
    new = {"env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}
    assert diff(old, new) == [
        {"op": "add", "path": "/env/1", "value": {"name": "B", "value": "3"}},
        {"op": "replace", "path": "/env/0/value", "value": "2"},
    ]


def test_true_is_not_one() -> None:
    assert diff({"a": 1}, {"a": True}) == [{"op": "replace", "path": "/a", "value": True}]


def test_keys_are_escaped() -> None:
    assert diff({}, {"a/b~c": 1}) == [{"op": "add", "path": "/a~1b~0c", "value": 1}]
