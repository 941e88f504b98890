"""Manifests are read as Kubernetes' tools read them, and every part has a line."""

import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vaultkube.errors import InvalidManifest
from webhook.offline.documents import Document, parse_documents, path_text, read_documents
from webhook.offline.reviewable import follow
from webhook.offline.writing import yaml_text

TEXT = """\
# a comment
apiVersion: v1
kind: Pod
metadata:
  annotations:
    example.com/a: "1"
spec:
  containers:
    - name: one
    - name: two
      env:
        - {name: A, value: a}
        - name: B
          value: vault:b#c
---
---
kind: ConfigMap
data:
  today: 2020-01-01
  yes: "="
"""


def only(text: str) -> Document:
    (document,) = parse_documents(text)
    return document


def test_documents_are_separated_and_empty_ones_left_out() -> None:
    assert [document.content["kind"] for document in parse_documents(TEXT)] == ["Pod", "ConfigMap"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("metadata", "annotations", "example.com/a"), 6),
        (("spec", "containers", 1), 10),
        (("spec", "containers", 1, "env", 0, "value"), 12),
        (("spec", "containers", 1, "env", 1, "value"), 14),
        (("spec", "containers", 0, "env"), 9),
        (("spec", "containers", 7), 8),
        (("status",), 2),
    ],
)
def test_a_part_has_the_line_of_its_key_or_its_parent(path: tuple[str | int, ...], line: int) -> None:
    assert parse_documents(TEXT)[0].line(path) == line


def test_the_lines_of_a_later_document_count_from_the_start_of_the_file() -> None:
    assert parse_documents(TEXT)[1].line(("data", "today")) == 19


def test_a_date_stays_text_and_every_key_is_text() -> None:
    assert parse_documents(TEXT)[1].content["data"] == {"today": "2020-01-01", "true": "="}
    assert only("1: a\ny: b\n0: c\nOff: d\n").content == {"1": "a", "true": "b", "0": "c", "false": "d"}


@pytest.mark.parametrize(
    ("written", "key"),
    [
        *(("1.0", "1"), ("1.10", "1.1"), ("08", "8"), ("1e3", "1000"), ("-0.5", "-0.5"), ("-0.0", "-0")),
        *(("1e7", "1e+07"), ("1234567.0", "1.234567e+06"), ("1e-5", "1e-05"), ("0.0001", "0.0001")),
        ("1e400", "1e400"),
    ],
)
def test_a_number_that_is_a_key_is_the_text_that_kubectl_sends(written: str, key: str) -> None:
    assert only(f"{written}: a").content == {key: "a"}


def test_a_number_too_large_for_a_float_is_text() -> None:
    assert only("a: 1e400").content == {"a": "1e400"}


def test_a_repeated_key_is_found_and_its_last_value_counts() -> None:
    document = only("a: 1\nb: [{c: 1, c: 2}]\na: 3\n")
    assert document.content == {"a": 3, "b": [{"c": 2}]}
    assert document.repeated_keys == (("b", 0, "c"), ("a",))
    assert document.line(("a",)) == 3


def test_a_merge_key_repeats_nothing() -> None:
    document = only('x: &x {a: 1, b: 2}\n"y":\n  <<: *x\n  a: 3\n')
    assert document.content["y"] == {"a": 3, "b": 2}
    assert document.repeated_keys == ()


@pytest.mark.parametrize(
    "text", ["a: [", "a: {{ .Values.b }}\n", "a: b: c", "\t", "&a [*a]", "!!python/name:os.x"]
)
def test_a_text_that_is_not_yaml_is_an_error_with_its_file(text: str) -> None:
    with pytest.raises(InvalidManifest, match=r"^app\.yaml:1: not YAML: "):
        parse_documents(text, "app.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: \0", "special characters are not allowed"),
        ("\ud800", "special characters are not allowed"),
        ('a: "\\ud800"', "half of a surrogate pair"),
        ('"\\ud800": a', "half of a surrogate pair"),
        ("a: !!binary aGVsbG8=", r"JSON does not have \(bytes\)"),
        ("a: !!set {b, c}", r"JSON does not have \(set\)"),
        ("a: !!pairs [b: c]", r"JSON does not have \(tuple\)"),
        ("a: !!timestamp 2020-01-01", r"JSON does not have \(date\)"),
        ("a: !!timestamp 2020-99-99", "a number or a date is none"),
        ("a: !!int x", "a number or a date is none"),
        ('a: !!int ""', "a number or a date is none"),
        ('a: !!float ""', "a number or a date is none"),
        ("a: !!timestamp x", "a number or a date is none"),
        ("a: !!bool x", "a boolean is neither true nor false"),
        ("a: .inf", "a number or a date is none"),
        ("a: [.NaN]", "a number or a date is none"),
        ("null: a", "null is no key"),
        ("!!binary aGk=: a", "a tag makes a key"),
        ("!!bool x: a", "a boolean is neither true nor false"),
        ("~: a", "null is no key"),
        ("a: " + "1" * 5000, "a number or a date is none"),
        ("a: 0x" + "f" * 5000, "a number is too long"),
        ("a: " + "[" * 200 + "]" * 200, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ("- " * 5000, "nested too deeply"),
    ],
)
def test_a_value_that_json_cannot_hold_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidManifest, match=rf"^app\.yaml:\d+: not YAML: .*{reason}"):
        parse_documents(text, "app.yaml")


def test_a_number_that_is_read_can_be_written() -> None:
    text = f"a: 0x{'f' * 1000}"
    assert only(yaml_text([only(text).content])).content == only(text).content


def test_ninety_nested_levels_are_read_and_written() -> None:
    text = "a: " + "[" * 90 + "]" * 90
    assert only(yaml_text([only(text).content])).content == only(text).content


def test_aliases_that_multiply_are_refused_in_no_time() -> None:
    lines = ["a0: &a0 [x, x, x, x]"] + [
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 40)
    ]
    with pytest.raises(InvalidManifest, match="its aliases make too much of it"):
        parse_documents("\n".join(lines))


def test_an_alias_of_itself_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidManifest, match="an alias contains itself"):
        parse_documents("a: &a {b: *a}")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidManifest, match=r"nowhere\.yaml cannot be read"):
        read_documents(["nowhere.yaml"])


def test_a_file_that_cannot_be_read_is_named_once_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"a: \xe9")
    for name, reason in (
        ("nowhere", "No such file or directory"),
        ("", "it is a directory; name each file with -f"),
        ("latin", "byte 3 is not UTF-8"),
    ):
        with pytest.raises(InvalidManifest) as refusal:
            read_documents([str(tmp_path / name)])
        assert str(refusal.value) == f"{tmp_path / name} cannot be read: {reason}"


def test_a_path_is_written_as_people_write_it() -> None:
    assert path_text(("spec", "containers", 0, "env")) == "spec.containers[0].env"
    assert path_text(("metadata", "annotations", "a.b/c")) == 'metadata.annotations["a.b/c"]'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("y", "Y", "yes", "on", "True")),
        *((text, False) for text in ("n", "N", "no", "OFF", "false")),
        *((text, 1000.0) for text in ("1e3", "1E3", "+1e+3", "1_0e2", "1000.")),
        *((text, 15) for text in ("0o17", "017", "0b1111", "0B11_11", "0xf", "0XF", "+1_5")),
        *((text, -15) for text in ("-0o17", "-017", "-0xf", "-15")),
        *((text, 9.0) for text in ("09", "9.", "0009")),
        *((text, 0.5) for text in (".5", "+.5", "5e-1", ".5e0")),
        *((text, 0) for text in ("0", "-0", "00")),
        *((text, None) for text in ("~", "null")),
        *(
            (text, text)
            for text in ("12:30", "190:20:30.15", "22:22", "1e", "0x", "0b2", "=", "yEs", "2020-01-01")
        ),
        *((text, text) for text in ("1.2.3", "1e3a", "_1", ".", "+", "1-2", "._5", "._", "on-call", "0x_")),
    ],
)
def test_a_plain_scalar_is_read_as_kubectl_reads_it(text: str, value: object) -> None:
    read = only(f"a: {text}").content["a"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    "text", ["y", "N", "1e3", "+1e3", "1e-3", "0o17", "09", "1_0e3", "12:30", "2020-01-01", "="]
)
def test_a_text_that_another_reader_would_not_read_as_text_is_quoted(text: str) -> None:
    assert yaml_text([{"a": text, text: "b"}]) == f"a: '{text}'\n'{text}': b\n"


@given(st.dictionaries(st.text(max_size=6), JSON, min_size=1, max_size=4))
def test_a_written_document_is_read_as_the_same(content: dict[str, object]) -> None:
    text = yaml_text([content])
    assert json.dumps(only(text).content) == json.dumps(content)
    assert yaml.safe_load(text) == content


NESTED = st.recursive(
    st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=3),
    max_leaves=10,
)


@given(NESTED.filter(lambda value: isinstance(value, dict | list)), st.data())
def test_every_part_is_found_on_the_line_where_it_is_written(content: object, data: st.DataObject) -> None:
    lines = yaml_text([content]).splitlines()
    path: tuple[str | int, ...] = ()
    part = content
    while isinstance(part, dict | list) and part:
        step = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        path, part = (*path, step), part[step]
    assert follow(content, path) == part
    if path:
        line = lines[parse_documents(yaml_text([content]))[0].line(path) - 1]
        assert ("-" if isinstance(path[-1], int) else f"{path[-1]}:") in line


@given(
    st.lists(st.dictionaries(st.text(max_size=6), JSON, max_size=4), min_size=1, max_size=3), st.booleans()
)
def test_json_is_read_as_it_is(contents: list[dict[str, object]], is_ascii: bool) -> None:
    text = "".join(json.dumps(each, indent="\t", ensure_ascii=is_ascii) for each in contents)
    assert [document.content for document in parse_documents(text)] == contents


def test_parts_of_json_have_their_lines() -> None:
    first, second = parse_documents('{"a": "\u2028\\ud83d\\ude00"}\n\n{\n\t"b": [\n\t\t1,\n\t\t2]}')
    assert first.content == {"a": "\u2028\U0001f600"}
    assert [second.line(path) for path in ((), ("b",), ("b", 1))] == [3, 4, 6]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{\n\t"a": 1\n\t"b": 2\n}', 3, "read as JSON: Expecting ',' delimiter"),
        ('{\n\t"a": [1,', 2, "read as JSON: Expecting value"),
        ('{\n\t"a": ' + "[" * 100_000, 1, "it is nested too deeply, or an alias contains itself"),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", 1, "it is nested too deeply, or an alias contains itself"),
    ],
)
def test_a_fault_in_json_is_reported_as_a_fault_of_json(text: str, line: int, reason: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        parse_documents(text, "app.json")
    assert str(caught.value) == f"app.json:{line}: not YAML: {reason}"


@pytest.mark.parametrize(
    "text", ["{}", '{"a": b}', '{"a": NaN}\n---\n{c: d}', '{"a": "\tb"}', '{"a": 1, # one\n}']
)
def test_yaml_may_begin_like_json(text: str) -> None:
    assert [document.content for document in parse_documents(text)] == list(yaml.safe_load_all(text))


def test_items_of_a_typed_list_have_its_kind() -> None:
    nested = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {}}]}
    items = [{"metadata": {}}, {"kind": "Secret", "metadata": {}}, {"apiVersion": "v2"}, None, nested]
    text = json.dumps({"kind": "ConfigMapList", "apiVersion": "v1", "items": items})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {}}
    assert only(text).content["items"] == [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}},
        items[1],
        items[2],
        None,
        {**nested, "items": [pod]},
    ]
    plain = {"kind": "List", "apiVersion": "v1", "items": [{"metadata": {}}]}
    assert only(json.dumps(plain)).content == plain


@pytest.mark.timed
def test_the_lines_of_many_parts_of_one_text_are_found_quickly() -> None:
    entries = "".join(f"    - objectName: o{number}\n      secretPath: p\n" for number in range(2000))
    document = only(f"parameters:\n  objects: |\n{entries}")
    began = time.process_time()
    lines = [document.line(("parameters", "objects", number, "secretPath")) for number in range(500)]
    assert lines == [4 + 2 * number for number in range(500)]
    assert time.process_time() - began < 5
