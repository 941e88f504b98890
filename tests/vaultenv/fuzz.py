"""Random input to the grammar and to the template engine: `python -m tests.vaultenv.fuzz COUNT`."""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.vaultenv.template.generator import DATA, template
from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.template.errors import TemplateError
from vaultenv.template.render import render

_SIGNS = [
    "${",
    "vault:",
    ">>",
    ">",
    "}",
    "{",
    "#",
    '"',
    "`",
    "\\",
    "?",
    "v1:",
    "8200",
    ".",
    "..",
    "/",
    "\n",
    " ",
    "|",
]
_WORDS = [
    "a/b",
    "secret/data/x",
    "${.a}",
    "${ .a | upper }",
    '{"a":"b"}',
    "é",
    "vault:login",
    "if",
    "end",
    "range .",
]
_PIECES = [piece.encode() for piece in _SIGNS + _WORDS] + [b"\xff", b"\0"]


def values(chance: random.Random, count: int) -> Iterator[bytes]:
    """Yield values of variables, made of pieces of the grammar."""
    for _ in range(count):
        yield b"".join(chance.choices(_PIECES, k=chance.randint(1, 25)))


def templates(chance: random.Random, count: int) -> Iterator[str]:
    """Templates, every other one damaged."""
    for number in range(count):
        source = template(chance)
        if number % 2:
            at = chance.randrange(len(source))
            source = source[:at] + chance.choice(_SIGNS) + source[at + chance.randint(0, 3) :]
        yield source


def feed(seed: int, count: int) -> float:
    """Feed that many inputs, half to each, and return the seconds of the slowest; raise any unexpected exception."""
    chance, slowest_s = random.Random(seed), 0.0
    for value in values(chance, count // 2):
        began = time.perf_counter()
        try:
            parse(value)
        except InvalidReference as error:
            assert 0 <= error.offset <= len(error.reference)
        slowest_s = max(slowest_s, time.perf_counter() - began)
    for source in templates(chance, count // 2):
        began = time.perf_counter()
        with suppress(TemplateError):
            render(source, DATA)
        slowest_s = max(slowest_s, time.perf_counter() - began)
    return slowest_s


if __name__ == "__main__":
    print(f"{sys.argv[1]} inputs, the slowest took {feed(time.time_ns(), int(sys.argv[1])) * 1000:.0f} ms")
