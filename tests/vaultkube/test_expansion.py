"""The kubelet's expansion of `$(NAME)` and `$$`; cases of Kubernetes' own expansion tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultkube.expansion import TooLong, double_dollars, expand, names_in

KNOWN: dict[str, bytes | None] = {"A": b"a", "B": b"$(A)", "FIELD": None}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        (b"plain", b"plain"),
        (b"$(A)", b"a"),
        (b"x-$(A)-$(A)", b"x-a-a"),
        (b"$(B)", b"$(A)"),
        (b"$$(A)", b"$(A)"),
        (b"$$$(A)", b"$a"),
        (b"$$$$", b"$$"),
        (b"$A", b"$A"),
        (b"${A}", b"${A}"),
        (b"$", b"$"),
        (b"$(A", b"$(A"),
    ],
)
def test_defined_names_are_replaced_once(text: bytes, expanded: bytes) -> None:
    assert expand(text, KNOWN.get, 1000) == (expanded, True)


@pytest.mark.parametrize("text", [b"$(FIELD)", b"$(KUBERNETES_SERVICE_HOST)", b"$()"])
def test_an_unknown_name_stays_and_is_reported(text: bytes) -> None:
    assert expand(text, KNOWN.get, 1000) == (text, False)


@given(st.text("$()AB{ x", max_size=12))
def test_doubled_dollars_survive_the_kubelet(text: str) -> None:
    assert expand(double_dollars(text).encode(), KNOWN.get, 1000) == (text.encode(), True)


def test_growth_is_bounded() -> None:
    assert expand(b"$(A)$(A)", KNOWN.get, 2) == (b"aa", True)
    with pytest.raises(TooLong):
        expand(b"$(A)$(A)$(A)", KNOWN.get, 2)


def test_expanding_many_unclosed_names_takes_linear_time() -> None:
    """A million steps squared would take hours."""
    text = "$(" * 500_000
    assert expand(text.encode(), KNOWN.get, 1000) == (text.encode(), True)
    assert names_in(text) == []
