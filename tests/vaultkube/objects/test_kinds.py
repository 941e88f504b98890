"""All kinds of objects: replaced values are found again at their places."""

import base64
import json
from typing import Any

import pytest

from vaultkube.objects.kinds import OBJECT_KINDS

DOCKER = {"auths": {"r": {"username": "u", "password": "p", "auth": base64.b64encode(b"u:p").decode()}}}


@pytest.mark.parametrize(
    ("resource", "content", "values"),
    [
        ("secrets", {"data": {"a": "eA==", "b": "eA=="}}, {"a": b"\xff"}),
        ("secrets", {"data": {".dockerconfigjson": base64.b64encode(json.dumps(DOCKER).encode()).decode()}},
         {".dockerconfigjson r username": b"me", ".dockerconfigjson r auth": b"me:p:w"}),
        ("secrets", {"data": {".dockerconfigjson": base64.b64encode(json.dumps(DOCKER).encode()).decode()}},
         {".dockerconfigjson": b'{"auths":{"other":{"auth":"eA=="}}}'}),
        ("configmaps", {"data": {"a": "x"}, "binaryData": {"b": "eA=="}}, {"a": b"text", "b": b"AP8="}),
        ("objects", {"spec": {"a": ["x", {"b/c": "y"}]}}, {"/spec/a/0": b"1", "/spec/a/1/b~1c": b"2"}),
    ],
)  # fmt: skip
def test_values_are_found_as_they_were_put_there(
    resource: str, content: Any, values: dict[str, bytes]
) -> None:
    kind = OBJECT_KINDS[resource]
    new = kind.replace_values(content, values)
    assert kind.values_at(new, values) == values
    assert kind.values_at(content, values) != values
