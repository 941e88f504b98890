"""Remembered results: of short public arguments, up to a number of entries."""

import pytest

from vaultkube.remember import anything, remember


class Counted:
    """A function that notes its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def __call__(self, text: str, limit: int = 0) -> str:
        self.calls.append((text, limit))
        if text == "bad":
            raise ValueError(text)
        return text.upper()


def test_a_result_is_computed_once() -> None:
    function = Counted()
    call = remember(function, public=anything, longest=3, entries=2)
    assert [call("a"), call("a"), call("b")] == ["A", "A", "B"]
    assert function.calls == [("a", 0), ("b", 0)]


def test_an_argument_that_may_be_secret_is_not_remembered() -> None:
    function = Counted()
    call = remember(function, public=lambda text: text.startswith("vault:"), longest=20, entries=2)
    assert [call("hunter2"), call("hunter2"), call("vault:a"), call("vault:a")][1] == "HUNTER2"
    assert function.calls == [("hunter2", 0), ("hunter2", 0), ("vault:a", 0)]


def test_a_long_argument_is_not_remembered_and_gets_the_further_arguments() -> None:
    function = Counted()
    call = remember(function, public=anything, longest=3, entries=2)
    assert [call("long", 5), call("long", 5), call("abc", 5)] == ["LONG", "LONG", "ABC"]
    assert function.calls == [("long", 5), ("long", 5), ("abc", 0)]


def test_the_oldest_result_is_forgotten() -> None:
    function = Counted()
    call = remember(function, public=anything, longest=3, entries=2)
    for text in ("a", "b", "c", "a"):
        call(text)
    assert [text for text, _ in function.calls] == ["a", "b", "c", "a"]


def test_an_exception_is_raised_each_time() -> None:
    function = Counted()
    call = remember(function, public=anything, longest=3, entries=2)
    for _ in range(2):
        with pytest.raises(ValueError, match="bad"):
            call("bad")
    assert len(function.calls) == 2
