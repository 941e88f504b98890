"""Random and hostile input to the grammar and the template engine."""

import time

import pytest

from tests.vaultenv.fuzz import feed
from vaultenv.references.grammar import has_reference


def test_ten_thousand_inputs_end_well() -> None:
    assert feed(20261121, 10_000) < 1


PIECES = rb"""
${vault: \ \${vault:a#b} ${vault:a#b} ${vault:a#${ { ${vault:a#b#?{" # vault: ${vault:a#${.a}} ${>>vault:a#b#{}}
/.. ${vault:a#${`
""".split()


@pytest.mark.parametrize("piece", [*PIECES, b"${\n"])
@pytest.mark.timed
def test_the_time_grows_with_the_length_only(piece: bytes) -> None:
    def seconds(length: int) -> float:
        text = b"vault:" + piece * (length // len(piece))
        began = time.process_time()
        has_reference(text)
        return time.process_time() - began

    short = max(min(seconds(10_000) for _ in range(3)), 0.001)
    assert min(seconds(80_000) for _ in range(2)) < 8 * 4 * short
