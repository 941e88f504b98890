"""The words of the agent's form and of its probes."""

import pytest

from webhook.config.sidecar import LIVENESS, PROBES, READINESS, SIDECAR, Sidecar


@pytest.mark.parametrize(
    ("text", "probes"),
    [
        ("", ()),
        ("readiness", (READINESS,)),
        ("liveness , Readiness", (READINESS, LIVENESS)),
        ("liveness,liveness", (LIVENESS,)),
    ],
)
def test_probes_are_named_in_any_order(text: str, probes: tuple[str, ...]) -> None:
    assert PROBES.parse(text) == probes


@pytest.mark.parametrize("text", ["startup", "true", "readiness liveness"])
def test_other_probes_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        PROBES.parse(text)


def test_the_form_is_a_word_in_any_case() -> None:
    assert SIDECAR.parse("Native") is Sidecar.NATIVE
    with pytest.raises(ValueError):
        SIDECAR.parse("true")
