"""Ten thousand damaged inputs; `scripts/fuzz-registry` tries a million."""

from tests.webhook.registry import fuzz


def test_damaged_input_is_parsed_or_refused_quickly() -> None:
    accepted, slowest_s = fuzz.run(10_000, seed=1)
    assert 1_000 < accepted < 9_000
    assert slowest_s < fuzz.SLOWEST_S
