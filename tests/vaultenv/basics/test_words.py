"""Words of commands, as a POSIX shell splits them."""

import re
import shlex
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vaultenv.basics.words import NeedsShell, split


@example("\\\n")
@example("a\\\nb \\\n c")
@given(st.text(st.sampled_from("ab-/ \t'\"\\\n="), max_size=20))
def test_words_are_those_of_a_shell(line: str) -> None:
    try:
        words = split(line)
    except ValueError:
        return
    script = f"for word in {line}\ndo printf '%s\\0' \"$word\"; done"
    if "\n" in re.sub(r"\\.", "", line, flags=re.DOTALL) or line.endswith("\\"):
        return  # a line break ends the list of `for`, and a backslash at the end joins the lines
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\0")[:-1] == words


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_quoted_words_are_split_into_the_same_words(words: list[str]) -> None:
    assert split(shlex.join(words)) == words


@pytest.mark.parametrize(
    "line", ["a | b", "a && b", "a > b", "echo $HOME", 'echo "$HOME"', "echo `id`", "ls *.pem", "a; b"]
)
def test_a_line_with_operators_or_expansions_needs_a_shell(line: str) -> None:
    with pytest.raises(NeedsShell):
        split(line)


@pytest.mark.parametrize("line", ["echo 'a", 'echo "a', 'echo "a\\"'])
def test_a_quote_without_an_end_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="a quote has no end"):
        split(line)
