"""Patterns of hosts."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.registry.hosts import parse_pattern, same_labels
from webhook.registry.reference import parse_host


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("*", "anything.example.com:5000", True),
        ("registry.example.com", "registry.example.com:5000", True),
        ("registry.example.com", "registry.example.com", True),
        ("REGISTRY.example.com", "registry.example.com", True),
        ("registry.example.com:443", "registry.example.com", True),
        ("registry.example.com:5000", "registry.example.com", False),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "example.com", False),
        ("10.0.0.*", "10.0.0.7:5000", True),
        ("[2001:db8::1]:5000", "[2001:DB8:0::1]:5000", True),
        ("[2001:db8::1]", "[2001:db8::2]", False),
        ("*:5000", "a:5000", True),
        ("*:5000", "a.b:5001", False),
    ],
)
def test_a_pattern_matches_hosts(pattern: str, host: str, matches: bool) -> None:
    assert parse_pattern(pattern).matches(parse_host(host), 443) is matches


@pytest.mark.parametrize(
    "text", ["", ".", "a:", "a:0", "a:65536", "a:x", "https://a", "a/b", "a b", "[::1", "é"]
)
def test_an_invalid_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_pattern(text)


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_patterns_match_as_in_fnmatch(pattern: str, name: str) -> None:
    assert same_labels(pattern, name) is fnmatch.fnmatchcase(name, pattern)
