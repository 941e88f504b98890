"""References that only Bank-Vaults' successor reads."""

import time

import pytest

from webhook.config.openbao import is_reference


@pytest.mark.parametrize(
    "value",
    [
        "bao:secret/data/a#b",
        ">>bao:pki/root/generate/internal#certificate",
        "x ${bao:a#b} y",
        "${>>bao:a#b}",
        "bao:login",
    ],
)
def test_a_reference_to_openbao_is_recognized(value: str) -> None:
    assert is_reference(value.encode())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bao:8200",
        "bao:login/x",
        "Bao:a#b",
        "http://bao:8200/#x",
        "a bao: b#c",
        "vault:a#b",
        "${bao:-none}",
        "mybao:a#b",
    ],
)
def test_other_text_is_none(value: str) -> None:
    assert not is_reference(value.encode())


@pytest.mark.timed
def test_a_hostile_value_is_read_in_a_moment() -> None:
    started = time.process_time()
    for part in (b"${bao:", b"${bao:x", b"bao:"):
        assert not is_reference(part * 200_000)
    assert time.process_time() - started < 5
