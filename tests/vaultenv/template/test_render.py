"""Templates in keys: what users of the predecessor write, and what no template may do."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vaultenv.template.generator import DATA
from vaultenv.template.errors import TemplateError
from vaultenv.template.render import check, render


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("My user: ${title .username}", "My user: Superusername"),
        ("${.username}:${.password}", "superusername:secret"),
        ("${.missing}", "<no value>"),
        ('${default "d" .missing}', "d"),
        ('${index . "we ird"}', "w"),
        ('${if eq .username "superusername"}y${else}n${end}', "y"),
        ("${range .list}${.},${end}", "a,b,"),
        ("${.list | toJson}", '["a","b"]'),
        ("${.encoded | b64dec}", "hidden"),
    ],
)
def test_templates_that_users_write_have_their_output(source: str, expected: str) -> None:
    fields = {
        "username": "superusername",
        "password": "secret",
        "we ird": "w",
        "list": ["a", "b"],
        "encoded": "aGlkZGVu",
    }
    assert render(source, fields) == expected


@pytest.mark.parametrize(
    "name", ["env", "expandenv", "file", "blob", "awskms", "genPrivateKey", "now", "getHostByName"]
)
def test_nothing_reaches_outside_the_secret(name: str) -> None:
    with pytest.raises(TemplateError, match=f'function "{name}" not defined'):
        check(f'${{{name} "x"}}')


@pytest.mark.parametrize(
    "source",
    [
        "${range until 1000000}${range until 1000000}x${end}${end}",
        '${repeat 2000000 "x"}',
        '${$x := "xxxxxxxxxxxxxxxx"}${range until 1000}${$x = cat $x $x}${end}',
        "${$x := list 1}${range until 1000}${$x = list $x $x}${end}${$x}",
        '${printf "%999999d%999999d" 1 2}',
        "${$x := list 1}${range until 40}${$x = list $x $x}${end}${$x}",
        '${$d := dict}${$e := set $d "a" $d}${$d}',
        "${uniq (until 100000)}",
        "${$x := 1}" * 1000,
        "${range until 100000}${toJson $}${end}",
        "${" + "(" * 500 + "1" + ")" * 500 + "}",
        "${if 1}" * 500 + "${end}" * 500,
        '${$x := repeat 700000 "a"}${trimAll (cat $x "b") (replace "a" "b" $x) | len}${range 9999}${$x | len}${end}',
        "${$x := list 1}${range 14}${$x = concat $x $x}${end}${range 9999}${has 2 $x}${end}",
        "${$x := until 9999}${range 9999}${without $x 1 2}${end}",
        '${$x := repeat 600000 "A"}${range 9999}${b32dec $x | len}${end}',
    ],
)
@pytest.mark.timed
def test_a_greedy_template_ends_soon(source: str) -> None:
    began = time.monotonic()
    with pytest.raises(TemplateError):
        render(source, DATA)
    assert time.monotonic() - began < 5


def test_a_template_longer_than_64_kib_is_refused_without_a_look_at_it() -> None:
    check("x" * 65_536)
    with pytest.raises(TemplateError, match="longer than 65536 characters"):
        check("x" * 65_537)


@pytest.mark.parametrize("source", ["${1}" * 10_000, "${print" + " 1" * 10_000 + "}"])
def test_a_template_of_too_many_words_is_refused(source: str) -> None:
    with pytest.raises(TemplateError, match="longer than 10000 words"):
        check(source)


def test_a_template_leaves_the_secret_as_it_is() -> None:
    fields = {"a": {"b": "c"}}
    assert render('${set .a "b" "changed" | toJson}', fields) == '{"b":"changed"}'
    assert fields == {"a": {"b": "c"}}


def test_a_name_with_a_hyphen_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(TemplateError, match=r'a name with a hyphen needs index, as in: index \. "a-b"'):
        check("${.db-password}")
    assert render('${index . "db-password"}', {"db-password": "x"}) == "x"


def test_an_error_has_the_position_of_its_character() -> None:
    with pytest.raises(TemplateError) as refusal:
        check("x${.a | nosuch}")
    assert (refusal.value.at, refusal.value.message) == (8, 'function "nosuch" not defined')


_LOGIC = ["if", "else", "end", "range", "with", "break", "true", "nil", "and", "not", "eq", "index", "printf"]
_SIGNS = ["${", "}", "|", "(", ")", ".", "$", "$x := ", ",", "-", "/*", "*/", "1", "1.5", '"a"', "`b`", "'c'"]
_WORDS = [*_LOGIC, *_SIGNS, ".a", ".list", ".obj.x", "upper", "join", "list", "dict", "len"]


@given(st.lists(st.sampled_from(_WORDS), max_size=25), st.sampled_from(["", " "]))
def test_no_template_ends_in_another_exception(words: list[str], between: str) -> None:
    try:
        render(between.join(words), DATA)
    except TemplateError as error:
        assert error.message


def test_fail_ends_with_the_templates_words_and_no_value_of_the_secret() -> None:
    with pytest.raises(TemplateError, match="the template fails: set a role"):
        render('${fail "set a role"}', DATA)
    with pytest.raises(TemplateError, match="it fails, with words that may hold a value") as caught:
        render("${fail .password}", {"password": "hunter2"})
    assert "hunter2" not in str(caught.value)
