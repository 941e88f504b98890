"""Characters around a value that is meant as a reference are found: invisible ones, and quotes."""

import pytest

from vaultenv.references.invisible import stray_characters


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\n\n"])
@pytest.mark.parametrize(
    "reference", ["vault:a/b#k", "vault:a/b", ">>vault:a#k", "vault:login", "vault:v1:aGVsbG8="]
)
def test_an_invisible_end_is_found(reference: str, end: str) -> None:
    assert "ends in an invisible" in stray_characters(f"{reference}{end}".encode())
    assert not stray_characters(reference.encode())


@pytest.mark.parametrize("start", ["\n", " ", "\t", "\u00a0", "\u200b", "\ufeff"])
@pytest.mark.parametrize("reference", ["vault:a/b#k", ">>vault:a#k", "vault:v1:aGVsbG8=", "vault:a/b#k\n"])
def test_an_invisible_start_is_found(reference: str, start: str) -> None:
    """Before, the program got the text of the reference, and nothing said so."""
    assert "begins with an invisible" in stray_characters(f"{start}{reference}".encode())


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_are_found(quote: str) -> None:
    """`kubectl create configmap --from-env-file` and kustomize keep the quotes of a file of variables."""
    assert "is in quotes" in stray_characters(f"{quote}vault:a/b#k{quote}".encode())


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
        b"\nvault: prose",
        b"\nvault:a#k\nother: line",
        b" " * 5000 + b"vault:a#k",
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
    assert not stray_characters(text)
