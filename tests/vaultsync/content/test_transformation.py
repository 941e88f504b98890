"""Transformations: merged in their order, filters of keys, templates, and errors without values."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vaultsync.content.specs import shared
from vaultenv.template.errors import TemplateError
from vaultenv.template.work import Work
from vaultkube.sync_resources.destination import TemplateRef, Transformation, TransformationRef
from vaultkube.sync_resources.references import Reference
from vaultsync.content.source import Source
from vaultsync.content.transformation import Merged, merged, rendered, selected_fields
from vaultsync.errors import TransformationFailed

SOURCE = Source({"user": "u", "password": "s3cr3tvalue", "null": None}, {"version": "3"}, b"{}")
COMMON = shared(
    templates={"a": {"text": "A"}, "b": {"text": "B"}},
    sourceTemplates=[{"name": "url", "text": "db://{{ .Secrets.user }}"}],
    includes=["^u"],
    excludes=["x$"],
)
KNOWN = {Reference("team", "common"): COMMON}


def made(text: str, **more: Any) -> str:
    templates = Merged(templates={"out": text}, **more)
    return rendered(templates, SOURCE, {"note": "n"}, {"app": "web"}, Work())["out"].decode()


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ .Secrets.user }}:{{ .Metadata.version }}", "u:3"),
        ("{{ .Labels.app | upper }}-{{ .Annotations.note }}", "WEB-n"),
        ('{{ get .Secrets "password" | b64enc }}', "czNjcjN0dmFsdWU="),
        ("{{- range $k, $v := .Secrets }}{{ $k }} {{ end }}", "null password user "),
        ('{{ template "url" . }}/x', "db://u/x"),
        ('{{ regexReplaceAll "s(3)cr" .Secrets.password "<${1}>" }}', "<3>3tvalue"),
        ('{{ .Secrets.password | regexFind "[a-z]{4,}" }}', "tvalue"),
        ('{{ mustRegexMatch "^s" .Secrets.password }}', "true"),
        ("{{ .Labels | mustToJson }}", '{"app":"web"}'),
        ('{{ (mustFromJson "[1,2]") | mustLast }}', "2"),
        ('{{ .Secrets.absent | default "5432" }}', "5432"),
        ('{{ default "5432" .Secrets.absent }}', "5432"),
        ('{{ coalesce .Secrets.absent .Secrets.user "x" }}', "u"),
        ("{{ if .Secrets.absent }}a{{ else if not .Secrets.absent }}b{{ end }}", "b"),
        ("{{ with .Secrets.absent }}a{{ else }}b{{ end }}", "b"),
        ('{{ if and .Secrets.absent (eq .Secrets.user "u") }}a{{ else }}b{{ end }}', "b"),
        ("{{ or .Secrets.absent .Secrets.user | upper }}", "U"),
        ('{{ if eq (.Secrets.absent | default "z") "z" }}a{{ end }}', "a"),
    ],
)
def test_a_template_has_the_output_of_its_functions(text: str, output: str) -> None:
    assert made(text, inserted={"url": "db://{{ .Secrets.user }}"}) == output


def test_a_template_makes_bytes_that_are_no_text() -> None:
    keystore = b"\xfe\xed\xfe\xed\x00\x02\xff"
    source = Source({"jks": b64encode(keystore).decode()}, {}, b"{}")
    templates = Merged(templates={"jks": '{{ get .Secrets "jks" | b64dec }}', "magic": '{{ "\\xfe\\xed" }}'})
    assert rendered(templates, source, {}, {}, Work()) == {"jks": keystore, "magic": keystore[:2]}


def test_a_template_that_changes_the_secret_changes_no_other_one() -> None:
    templates = Merged(templates={"a": '{{ set .Secrets "user" "x" | len }}', "b": "{{ .Secrets.user }}"})
    assert rendered(templates, SOURCE, {}, {}, Work())["b"] == b"u"
    assert SOURCE.fields["user"] == "u"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ .Secrets.absent }}", "template 'out', line 1, column"),
        ("{{ .Secrets.absent | b64enc }}", 'map has no entry for key "absent"'),
        ('{{ printf "%s" .Secrets.absent }}', 'map has no entry for key "absent"'),
        ("{{ if .Secrets.user }}{{ .Secrets.absent }}{{ end }}", 'map has no entry for key "absent"'),
        ("{{ default (upper .Secrets.absent) .Secrets.user }}", 'map has no entry for key "absent"'),
        ("{{ if .Secrets.absent.inner }}{{ end }}", 'no entry for key "inner"'),
        ('{{ index .Secrets "absent" }}', "a key is missing or null"),
        ("{{ .Secrets.null }}", "a key is missing or null"),
        ("{{ or .Secrets.absent .Secrets.null }}", "a key is missing or null"),
        ("{{ with $x := .Secrets.absent }}{{ else }}{{ $x }}{{ end }}", "a key is missing or null"),
        ("\n {{ fail .Secrets.password }}", "line 2, column 5: it fails, with words that may hold a value"),
        ('{{ fail "set a role" }}', "the template fails: set a role"),
        ("{{ index .Secrets.password 99 }}", "index out of range"),
        ("{{ .Secrets.password.x }}", "can't evaluate field x"),
        ('{{ template "none" }}', "not defined"),
        ('{{ regexMatch "(" .Secrets.password }}', "missing closing )"),
        ('{{ range until 9999 }}{{ regexMatch "(x+x+)+y" (repeat 99 "x") }}{{ end }}', "too many steps"),
        ('{{ repeat 2000000 "x" }}', "longer than"),
    ],
)
def test_errors_name_the_template_and_no_value(text: str, message: str) -> None:
    with pytest.raises(TransformationFailed) as raised:
        made(text)
    assert message in str(raised.value)
    assert "template 'out'" in str(raised.value)
    assert "s3cr3tvalue" not in str(raised.value)


def test_the_work_of_all_templates_is_bounded() -> None:
    many = Merged(templates={str(number): "{{ range until 1000 }}x{{ end }}" for number in range(50)})
    with pytest.raises(TransformationFailed, match="too many steps"):
        rendered(many, SOURCE, {}, {}, Work(units=100_000))


def test_an_exceeded_deadline_ends_a_template() -> None:
    def late() -> None:
        raise TemplateError("the time is over")

    with pytest.raises(TransformationFailed, match="time is over"):
        rendered(
            Merged(templates={"a": "{{ range until 9999 }}x{{ end }}"}), SOURCE, {}, {}, Work(check=late)
        )


def test_transformations_are_merged_in_their_order() -> None:
    own = Transformation(
        refs=(TransformationRef(name="common"),), includes=("^p",), excludes=("y$",), exclude_raw=True
    )
    found = merged(own, "team", KNOWN)
    assert (found.includes, found.excludes, found.exclude_raw) == (("^u", "^p"), ("x$", "y$"), True)
    assert found.templates == {"a": "A", "b": "B"}
    assert set(found.inserted) == {"url", "a", "b"}


def test_a_source_without_a_name_defines_templates() -> None:
    other = shared(
        sourceTemplates=[{"text": '{{ define "user" }}<{{ .Secrets.user }}>{{ end }}'}],
        templates={"out": {"text": '{{ template "user" . }}'}},
    )
    found = merged(
        Transformation(refs=(TransformationRef(name="t"),)), "team", {Reference("team", "t"): other}
    )
    assert rendered(found, SOURCE, {}, {}, Work()) == {"out": b"<u>"}


def test_templates_are_chosen_and_renamed_and_filters_left_out() -> None:
    reference = TransformationRef(
        name="common",
        namespace="team",
        templates=(TemplateRef(name="a", key="first"),),
        ignore_includes=True,
        ignore_excludes=True,
    )
    found = merged(Transformation(refs=(reference,)), "elsewhere", KNOWN)
    assert (found.templates, found.includes, found.excludes) == ({"first": "A"}, (), ())


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (TransformationRef(name="other"), "SecretTransformation team/other does not exist"),
        (TransformationRef(name="common", templates=(TemplateRef(name="c"),)), "has no template 'c'"),
    ],
)
def test_a_missing_transformation_or_template_is_an_error(reference: TransformationRef, message: str) -> None:
    with pytest.raises(TransformationFailed, match=message):
        merged(Transformation(refs=(reference,)), "team", KNOWN)


def test_excludes_come_before_includes() -> None:
    filters = Merged(includes=("^a",), excludes=("^ab",))
    assert selected_fields(filters, ("a", "ab", "b"), Work()) == ("a",)
    assert selected_fields(Merged(excludes=(".*",)), ("a", "b"), Work()) == ()
    assert selected_fields(Merged(), ("a", "b"), Work()) == ("a", "b")


@given(st.lists(st.text("abc", min_size=1), unique=True), st.sampled_from(["a", "^b", "c$", "ab|ba"]))
def test_a_filter_and_its_opposite_divide_the_keys(names: list[str], pattern: str) -> None:
    included = selected_fields(Merged(includes=(pattern,)), names, Work())
    excluded = selected_fields(Merged(excludes=(pattern,)), names, Work())
    assert sorted((*included, *excluded)) == sorted(names)


def test_filters_charge_what_they_take_as_templates_do() -> None:
    merged_filters = Merged(excludes=(".{100}z",))
    with pytest.raises(TransformationFailed, match="too many steps"):
        selected_fields(merged_filters, ["x" * 100], Work(1 << 16))
