"""VAULT_ENV_FROM_PATH: paths, options, and possible names of keys."""

import pytest

from vaultenv.errors import InvalidReference, SecretNotFound, SecretUnusable
from vaultenv.references.frompath import FromPath, parse_from_path
from vaultenv.references.secret import Secret


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", ()),
        (" , ,", ()),
        ("secret/data/a", (FromPath("secret/data/a"),)),
        ("/a/ , b#2,", (FromPath("a"), FromPath("b", "2"))),
        ("a#-1,b#0", (FromPath("a"), FromPath("b"))),
        ("a#?,b#3?", (FromPath("a", optional=True), FromPath("b", "3", optional=True))),
        ("a;prefix=X_; only=k | l*", (FromPath("a", prefix="X_", only=("k", "l*")),)),
        ("a#1;except=k;containers=app", (FromPath("a", "1", excluded=("k",), containers=("app",)),)),
    ],
)
def test_paths_are_divided_by_commas(text: str, paths: tuple[FromPath, ...]) -> None:
    assert parse_from_path(text) == paths


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a#latest", "the version must be a number"),
        ("#1", "the path is empty"),
        ("../a", "the path leads out of Vault's tree"),
        ("a\nb", "a path holds a line break or another control character: commas stand between paths"),
        ("a;b=c", "unknown option 'b'"),
        ("a;prefix=X=Y", "the prefix cannot begin the name of a variable"),
        ("a;prefix=X\tY", "the prefix cannot begin the name of a variable"),
    ],
)
def test_a_bad_item_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidReference, match=f"VAULT_ENV_FROM_PATH: {message}.*: write path#2;prefix="):
        parse_from_path(text)


KEYS = Secret({"a": "1", "b.c": "x y", "list_1": None, "list_2": True})


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("p", {b"a": b"1", b"b.c": b"x y", b"list_1": b"", b"list_2": b"true"}),
        ("p;prefix=X_;only=a", {b"X_a": b"1"}),
        ("p;except=list_*|a", {b"b.c": b"x y"}),
        ("p;only=list_*;except=list_1", {b"list_2": b"true"}),
    ],
)
def test_keys_become_variables(item: str, expected: dict[bytes, bytes]) -> None:
    (path,) = parse_from_path(item)
    assert path.variables(KEYS) == expected


@pytest.mark.parametrize("key", ["", "a=b", "a\0b", "a\nb"])
def test_a_key_that_cannot_be_a_name_is_reported(key: str) -> None:
    with pytest.raises(SecretUnusable, match="under path: p: cannot name a variable"):
        FromPath("p").variables(Secret({key: "v"}))


@pytest.mark.parametrize(
    "key", ["", "a=b", "a\0b", "a\nb", "a=b,c", "a;=b", "a|=b", "a =\tb", "a\u200b", "=\n"]
)
def test_the_option_in_the_message_leaves_the_key_out(key: str) -> None:
    with pytest.raises(SecretUnusable) as refusal:
        FromPath("p").variables(Secret({key: "v"}))
    _, _, option = str(refusal.value).partition("rename it, or add ")
    (path,) = parse_from_path(f"p{option}")
    assert path.variables(Secret({key: "v", "other": "v"})) == {b"other": b"v"}


@pytest.mark.parametrize("key", ["\na", ",=", " =a"])
def test_no_option_is_named_for_a_key_that_none_can_leave_out(key: str) -> None:
    with pytest.raises(SecretUnusable, match=r"cannot name a variable: rename it$"):
        FromPath("p").variables(Secret({key: "v"}))


@pytest.mark.parametrize("key", ["PATH", "LD_PRELOAD", "PYTHONPATH"])
def test_a_key_that_changes_how_programs_load_must_be_named(key: str) -> None:
    with pytest.raises(SecretUnusable, match="would change how programs load"):
        FromPath("p", only=("*",)).variables(Secret({key: "v"}))
    assert FromPath("p", only=(key,)).variables(Secret({key: "v"})) == {key.encode(): b"v"}


def test_a_value_that_is_no_text_is_reported_with_its_key() -> None:
    with pytest.raises(SecretUnusable, match="key 'k' under path: p: value can't be cast to a string"):
        FromPath("p").variables(Secret({"k": {"deep": "hidden"}}))


def test_an_optional_path_may_be_missing() -> None:
    assert FromPath("p", optional=True).variables(SecretNotFound("")) == {}
    with pytest.raises(SecretNotFound):
        FromPath("p").variables(SecretNotFound(""))
