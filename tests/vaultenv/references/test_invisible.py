"""Invisible characters at the end of a value that is meant as a reference are found."""

import pytest

from vaultenv.references.invisible import ends_invisibly


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\n\n"])
@pytest.mark.parametrize(
    "reference", ["vault:a/b#k", "vault:a/b", ">>vault:a#k", "vault:login", "vault:v1:aGVsbG8="]
)
def test_an_invisible_end_is_found(reference: str, end: str) -> None:
    assert ends_invisibly(f"{reference}{end}".encode())
    assert not ends_invisibly(reference.encode())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"plain\n",
        b"vault:8200\n",
        b"vault: prose about it\n",
        b"vault:\n  token: x\n",
        b"a\n${vault:a#k}\n",
        b"vault:a#k\nanother line\n",
        b"vault:a#we ird",
    ],
)
def test_other_values_have_no_invisible_end(text: bytes) -> None:
    assert not ends_invisibly(text)
