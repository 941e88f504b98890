"""Values that are meant as references are found: with characters around them, or inside of text."""

import time

import pytest

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.references.near_miss import near_miss, stray_characters


def warning_about(value: bytes) -> str:
    """Return the warning about a value as the webhook reads it."""
    try:
        return near_miss(value, parse(value))
    except InvalidReference:
        return stray_characters(value)


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\n\n"])
@pytest.mark.parametrize(
    "reference", ["vault:a/b#k", "vault:a/b", ">>vault:a#k", "vault:login", "vault:v1:aGVsbG8="]
)
def test_an_invisible_end_is_found(reference: str, end: str) -> None:
    assert "ends in an invisible" in warning_about(f"{reference}{end}".encode())
    assert not warning_about(reference.encode())


@pytest.mark.parametrize("start", ["\n", " ", "\t", "\u00a0", "\u200b", "\ufeff"])
@pytest.mark.parametrize("reference", ["vault:a/b#k", ">>vault:a#k", "vault:v1:aGVsbG8=", "vault:a/b#k\n"])
def test_an_invisible_start_is_found(reference: str, start: str) -> None:
    """Before, the program got the text of the reference, and nothing said so."""
    assert "begins with an invisible" in warning_about(f"{start}{reference}".encode())


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:vault:secret/data/db#password@db",
        '{"password": "vault:secret/data/db#password"}',
        "${vault:secret/data/db#password",
        "{{ vault:secret/data/db#password }}",
        '{"a": "${vault:secret/data/db#password}", "b": "vault:secret/data/db#password"}',
        "${ vault:secret/data/db#${.password} }",
        "a: b\nc: vault:secret/data/db#password\n",
    ],
)
def test_a_reference_inside_of_text_without_its_braces_is_found(text: str) -> None:
    assert "inside of text" in warning_about(text.encode())


@pytest.mark.timed
def test_a_hostile_value_is_read_in_a_moment() -> None:
    started = time.process_time()
    assert not warning_about(b"x " + b"vault:a/" * 500 + b"#")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_are_found(quote: str) -> None:
    """`kubectl create configmap --from-env-file` and kustomize keep the quotes of a file of variables."""
    assert "is in quotes" in warning_about(f"{quote}vault:a/b#k{quote}".encode())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'"',
        b"'vault:8200'",
        b'"${vault:a#k}"',
        b"'vault:a#k\"",
        b'"vault:a#k", "b"',
        b" vault:8200",
        b" >>x#vault:y",
        b"\nvault: prose",
        b"\nvault:a#k\nother: line",
        b" " * 5000 + b"vault:a/b#k",
        b"http://vault:8200/ui/#/x",
        b"ref+vault://secret/data/a#/b",
        b"my-vault:secret/data/a#b",
        b"avault:secret/data/a#b",
        b"see vault:secret/data/a",
        b"vault: a/b#c",
        b"x vault:a#b",
        b"x \\${vault:a/b#c}",
        b"x \\${vault:a/b#c} ${vault:a/b#c}",
        b"${vault:a/b#c} ${vault:a/b",
        b"${vault:a} vault:a/b#c",
        b"\\vault:a/b#c",
        b"\\>>vault:a/b#c",
        b"vault:<path>/x#y",
        b"\xff",
        b"plain\n",
        b"vault:8200\n",
        b"vault: prose about it\n",
        b"vault:\n  token: x\n",
        b"a\n${vault:a#k}\n",
        b"vault:a#k\nanother line\n",
        b"vault:a#we ird",
    ],
)
def test_other_values_have_none(text: bytes) -> None:
    assert not warning_about(text)
