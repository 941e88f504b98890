"""JSON Patches of users: the result of an independent implementation of RFC 6902, or else an error that names the operation."""

import copy
import json
from typing import Any

import jsonpatch
import jsonpointer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vaultkube.documents.test_jsonpatch import DOCUMENTS
from vaultkube.documents.patching import patched

STEPS = st.sampled_from(["a", "b", "0", "1", "2", "-", "~0", "~1", "01", ""])
POINTERS = st.lists(STEPS, max_size=3).map(lambda steps: "".join(f"/{step}" for step in steps))
OPERATIONS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"op": st.sampled_from(["add", "replace", "test"]), "path": POINTERS, "value": DOCUMENTS}
        ),
        st.fixed_dictionaries({"op": st.just("remove"), "path": POINTERS}),
        st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": POINTERS, "from": POINTERS}),
    ),
    max_size=3,
)
TREES = st.dictionaries(st.sampled_from(["a", "b", "/", "~"]), DOCUMENTS, max_size=3)


def independent(document: Any, operations: list[dict[str, Any]]) -> Any:
    try:
        return jsonpatch.apply_patch(copy.deepcopy(document), operations)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError):
        return None


@given(TREES, OPERATIONS)
def test_a_patch_has_the_result_of_an_independent_implementation(
    document: dict[str, Any], operations: list[dict[str, Any]]
) -> None:
    before = copy.deepcopy(document)
    expected = independent(document, operations)
    try:
        found = patched(document, operations)
    except ValueError:
        return
    assert document == before, "the document itself must not change"
    if expected is not None:
        assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


CONTAINER = {"name": "vault-agent", "env": [{"name": "A"}], "resources": {"limits": {"cpu": "1"}}}
DONE = [
    ({"op": "add", "path": "/env/-", "value": {"name": "B"}}, ["env", [{"name": "A"}, {"name": "B"}]]),
    ({"op": "add", "path": "/env/0", "value": {"name": "B"}}, ["env", [{"name": "B"}, {"name": "A"}]]),
    (
        {"op": "replace", "path": "/resources/limits/cpu", "value": "2"},
        ["resources", {"limits": {"cpu": "2"}}],
    ),
    ({"op": "remove", "path": "/resources"}, ["resources", None]),
    ({"op": "move", "from": "/env/0", "path": "/first"}, ["first", {"name": "A"}]),
    ({"op": "copy", "from": "/name", "path": "/workingDir"}, ["workingDir", "vault-agent"]),
    ({"op": "test", "path": "/env/0/name", "value": "A"}, ["name", "vault-agent"]),
    ({"op": "remove", "path": "/env/-1"}, ["env", []]),
    ({"op": "replace", "path": "/env/-1/name", "value": "B"}, ["env", [{"name": "B"}]]),
    ({"op": "add", "path": "/env/-1", "value": {"name": "B"}}, ["env", [{"name": "A"}, {"name": "B"}]]),
    ({"op": "add", "path": "/env/-2", "value": {"name": "B"}}, ["env", [{"name": "B"}, {"name": "A"}]]),
    ({"op": "test", "path": "/lifecycle", "value": None}, ["lifecycle", None]),
    ({"op": "test", "path": "/lifecycle"}, ["lifecycle", None]),
]


@pytest.mark.parametrize(("operation", "expected"), DONE)
def test_each_operation_is_done(operation: dict[str, Any], expected: list[Any]) -> None:
    key, value = expected
    assert patched(CONTAINER, [operation]).get(key) == value


REFUSED = [
    ({"op": "remove", "path": "/env/1"}, "there is no '/env/1'"),
    ({"op": "replace", "path": "/image", "value": "x"}, "there is no '/image'"),
    ({"op": "add", "path": "/env/3", "value": {}}, "nothing can be added at '/env/3'"),
    ({"op": "add", "path": "/env/01", "value": {}}, "nothing can be added at '/env/01'"),
    ({"op": "add", "path": "/x/y", "value": {}}, "there is no '/x/y'"),
    ({"op": "add", "path": "env", "value": {}}, "'env' is no JSON Pointer"),
    ({"op": "add", "path": "/a~2", "value": {}}, "'/a~2' is no JSON Pointer"),
    ({"op": "add", "path": "/env/-3", "value": {}}, "nothing can be added at '/env/-3'"),
    ({"op": "add", "path": "/name/-1", "value": {}}, "nothing can be added at '/name/-1'"),
    ({"op": "remove", "path": "/env/-2"}, "there is no '/env/-2'"),
    ({"op": "test", "path": "/name", "value": "other"}, "'/name' has another value"),
    ({"op": "test", "path": "/name"}, "'/name' has another value"),
    ({"op": "test", "path": "/env/1", "value": None}, "there is no '/env/1'"),
    ({"op": "test", "path": "/x/y", "value": None}, "there is no '/x/y'"),
    ({"op": "replace", "path": None, "value": {"name": "x"}}, "it is not as RFC 6902 has it"),
    ({"op": "move", "from": "/env", "path": "/env/0"}, "'/env' cannot move into itself"),
    ({"op": "add", "path": "/env"}, "it is not as RFC 6902 has it"),
    ({"op": "increase", "path": "/env"}, "it is not as RFC 6902 has it"),
    ({"op": "remove", "path": 1}, "it is not as RFC 6902 has it"),
    ({"path": "/env"}, "it is not as RFC 6902 has it"),
]


@pytest.mark.parametrize(("operation", "message"), REFUSED)
def test_an_operation_that_cannot_be_done_is_an_error_with_number_and_reason(
    operation: dict[str, Any], message: str
) -> None:
    good = {"op": "test", "path": "/name", "value": "vault-agent"}
    with pytest.raises(ValueError, match="operation 2 cannot be done") as error:
        patched(CONTAINER, [good, operation])
    assert str(error.value).endswith(message)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


BOUNDED = [
    (
        [{"op": "copy", "from": "", "path": f"/{name}"} for name in range(60)],
        "copy more than 65536 characters",
    ),
    ([{"op": "copy", "from": "/env", "path": "/env/-"}] * 60, "copy more than 65536 characters"),
    ([{"op": "add", "path": "/x", "value": nested(50)}], "more than 50 levels"),
    ([{"op": "add", "path": "/x", "value": nested(900)}], "operation 1 cannot be done"),
]


@pytest.mark.parametrize(("operations", "message"), BOUNDED)
def test_a_small_patch_makes_no_large_document(operations: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        patched(CONTAINER, operations)
    assert patched(CONTAINER, [{"op": "add", "path": "/x", "value": nested(48)}])["x"] == nested(48)
