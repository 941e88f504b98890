"""`mutate`, `check` and `render` on files of others: no traceback, and no control characters for the terminal."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vaultkube.printable import printable
from webhook.__main__ import main

pytestmark = pytest.mark.long

PREFIX = "vault.security.banzaicloud.io/"
EVIL = "\x1b]0;evil\x07\x1b[2J\x9b31m\u202e\r\x08"
COMMANDS = (
    ("mutate",),
    ("mutate", "--diff"),
    ("check",),
    ("check", "--output", "json"),
    ("check", "--output", "sarif"),
    ("check", "--from", "bank-vaults"),
    ("render",),
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command on the bytes of a file and returns status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(content: bytes, command: tuple[str, ...]) -> tuple[int, str, str]:
        Path("app.yaml").write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["vault-webhook", command[0], "-f", "app.yaml", *command[1:]])
        status = main()
        output = capsys.readouterr()
        return status, output.out, output.err

    return call


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("content", [b"a: \0", b"\xff\xfe\x00", b'"\\ud800"', b"!!set {a}", b"- " * 9999])
def test_a_file_that_cannot_be_read_is_one_line_or_one_finding(
    run: Run, content: bytes, command: tuple[str, ...]
) -> None:
    status, output, errors = run(content, command)
    assert status in (1, 2)
    assert "app.yaml" in output + errors
    assert len(errors.splitlines()) <= 1


OBJECTS = {
    "pod": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": EVIL, "namespace": EVIL, "annotations": {PREFIX + EVIL: EVIL}},
        "spec": {"containers": [{"name": EVIL, "env": [{"name": EVIL, "value": f"vault:{EVIL}"}]}]},
    },
    "image": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": EVIL},
        "spec": {
            "containers": [{"name": "a", "image": EVIL, "env": [{"name": "A", "value": "vault:a#b"}]}],
        },
    },
    "secret": {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": EVIL, "annotations": {PREFIX + "vault-serviceaccount": EVIL}},
        "stringData": {EVIL: "vault:a#b"},
    },
    "read": {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": EVIL, "annotations": {PREFIX + "vault-serviceaccount": "a"}},
        "stringData": {EVIL: "vault:a#b"},
    },
    "plain": {"apiVersion": "v1", "kind": EVIL, EVIL: EVIL},
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", OBJECTS)
def test_a_terminal_obeys_nothing_of_a_manifest(run: Run, name: str, command: tuple[str, ...]) -> None:
    _, output, errors = run(yaml.safe_dump(OBJECTS[name]).encode(), command)
    for line in (output + errors).split("\n"):
        assert not any(character in line for character in "\x1b\x07\x08\r\x9b"), line
    if command != ("mutate",):
        assert "\u202e" not in output + errors
    if command[-1] == "json":
        json.loads(output)


def test_a_message_of_a_file_that_is_no_yaml_obeys_as_little(run: Run) -> None:
    for command in COMMANDS:
        _, output, errors = run('a: "\\q\u009b"'.encode(), command)
        assert "\x9b" not in output + errors


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü €", "plain ü €"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b", "\\x9b"),
        ("a\nb\r", "a\\nb\\r"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_an_unprintable_character_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
ENV = [
    {"name": "A", "value": "vault:a#b"},
    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
]
CONTAINER = {"name": "a", "image": "i", "command": ["/a"], "args": ["b"], "env": ENV, "volumeMounts": []}
ANNOTATIONS = {PREFIX + "vault-role": "a", PREFIX + "vault-env-from-path": "a/b"}
POD = {
    "metadata": {"name": "p", "labels": {"a": "b"}, "annotations": ANNOTATIONS},
    "spec": {
        "serviceAccountName": "a",
        "initContainers": [CONTAINER],
        "containers": [{**CONTAINER, "livenessProbe": {"exec": {"command": ["a"]}}}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "imagePullSecrets": [{"name": "s"}],
    },
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "type": "kubernetes.io/dockerconfigjson",
    "metadata": {"name": "s", "annotations": {PREFIX + "vault-serviceaccount": "a"}},
    "data": {"a": "dmF1bHQ6YSNi", ".dockerconfigjson": "e30="},
    "stringData": {"b": "vault:a#b"},
}
VALID: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "Pod", **POD},
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": {"template": POD}},
    SECRET,
    {**SECRET, "kind": "ConfigMap", "binaryData": {"c": "dmF1bHQ6YSNi"}},
    {"apiVersion": "v1", "kind": "List", "items": [SECRET, {"apiVersion": "v1", "kind": "Pod", **POD}]},
]


def broken(content: Any, value: Any, choose: Callable[[int], int]) -> Any:
    """Return the document with `value` in place of one of its parts or keys."""
    if not isinstance(content, dict | list) or not content or choose(6) == 0:
        return value
    if isinstance(content, list):
        index = choose(len(content))
        return [broken(item, value, choose) if i == index else item for i, item in enumerate(content)]
    key = sorted(content)[choose(len(content))]
    if choose(10) == 0 and isinstance(value, str | int | float | None):
        return {value if name == key else name: part for name, part in content.items()}
    return {**content, key: broken(content[key], value, choose)}


@settings(max_examples=150)
@given(data=st.data(), value=VALUES)
def test_a_document_of_any_shape_is_no_traceback(run: Run, data: st.DataObject, value: Any) -> None:
    content = data.draw(st.sampled_from(VALID))
    document = broken(content, value, lambda count: data.draw(st.integers(0, count - 1)))
    text = yaml.safe_dump(document).encode("utf-8", "surrogatepass")
    for command in COMMANDS:
        assert run(text, command)[0] in (0, 1, 2, 3)


@settings(max_examples=150)
@given(
    data=st.data(), piece=st.binary(max_size=6) | st.sampled_from([b"&a ", b"*a", b"!!set ", b"<<: ", b"? "])
)
def test_bytes_of_any_kind_are_no_traceback(run: Run, data: st.DataObject, piece: bytes) -> None:
    text = yaml.safe_dump(data.draw(st.sampled_from(VALID))).encode()
    place = data.draw(st.integers(0, len(text)))
    for command in (("mutate",), ("check",)):
        assert run(text[:place] + piece + text[place:], command)[0] in (0, 1, 2, 3)
