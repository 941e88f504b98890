"""Regular expressions compiled to programs (https://swtch.com/~rsc/regexp/regexp2.html), and their run over a text."""

from __future__ import annotations

from vaultenv.template.regex.classes import bad
from vaultenv.template.regex.syntax import Char, Choice, Edge, Group, Node, Repeat, Row, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from vaultenv.template.work import Work

    Charge = Callable[[int], None]
    Match = tuple[int, ...]

_UNITS_PER_STEP = 16
_LONGEST = 10_000
_MOST_STEPS = 10_000
_MOST_POSITIONS = 200_000
"""Positions of groups that all threads together may hold: each thread has a start and an end for each group."""
_POSITIONS_PER_STEP = 16
_CHAR, _SPLIT, _JUMP, _SAVE, _EDGE, _DONE = range(6)


def charging(work: Work) -> Charge:
    """Return the function that charges the steps of a program to the work of a template."""
    return lambda steps: work.charge(_UNITS_PER_STEP * steps)


class Program:
    """A compiled expression: its instructions, and the names of its groups, the whole match first.

    `charge` is called with the number of steps before they are done, to compile and to search: a few characters, such as
    `(x{99}){99}`, can be a long program, or with nothing to repeat a long way to a short one.
    """

    def __init__(self, pattern: str, charge: Charge) -> None:
        if len(pattern) > _LONGEST:
            raise bad("it is too large")
        self._charge = charge
        tree, self.names = parse(pattern, charge)
        self._code: list[tuple[int, Any, Any]] = []
        self._emit(_SAVE, 0)
        self._compile(tree)
        self._emit(_SAVE, 1)
        self._emit(_DONE)
        if len(self._code) * len(self.names) > _MOST_POSITIONS:
            raise bad("it has too many groups")

    def _emit(self, operation: int, first: Any = None) -> int:
        if len(self._code) >= _MOST_STEPS:
            raise bad("it is too large")
        self._code.append((operation, first, None))
        return len(self._code) - 1

    def _compile(self, node: Node) -> None:
        self._charge(1)
        if isinstance(node, Char):
            self._emit(_CHAR, node.chars)
        elif isinstance(node, Edge):
            self._emit(_EDGE, node.kind)
        elif isinstance(node, Row):
            for part in node.parts:
                self._compile(part)
        elif isinstance(node, Group):
            self._emit(_SAVE, 2 * node.number)
            self._compile(node.part)
            self._emit(_SAVE, 2 * node.number + 1)
        elif isinstance(node, Choice):
            self._compile_choice(node)
        elif isinstance(node, Repeat):
            self._compile_repeat(node)

    def _compile_choice(self, node: Choice) -> None:
        ends = []
        for part in node.parts[:-1]:
            split = self._emit(_SPLIT)
            self._compile(part)
            ends.append(self._emit(_JUMP))
            self._code[split] = (_SPLIT, split + 1, len(self._code))
        self._compile(node.parts[-1])
        for end in ends:
            self._code[end] = (_JUMP, len(self._code), None)

    def _compile_repeat(self, node: Repeat) -> None:
        """Compile x{2,} as xx+, and x* as (x+)?, in which an empty x has the right priority."""
        splits: list[int] = []
        if node.most is None and not node.least:
            splits.append(self._emit(_SPLIT))
        for _ in range(node.least - (node.most is None)):
            self._compile(node.part)
        if node.most is None:
            again = len(self._code)
            self._compile(node.part)
            split = self._emit(_SPLIT)
            self._set_split(split, again, split + 1, node.greedy)
        for _ in range((node.most or 0) - node.least):
            splits.append(self._emit(_SPLIT))
            self._compile(node.part)
        for split in splits:
            self._set_split(split, split + 1, len(self._code), node.greedy)

    def _set_split(self, at: int, inside: int, after: int, greedy: bool) -> None:
        self._code[at] = (_SPLIT, inside, after) if greedy else (_SPLIT, after, inside)

    def search(self, text: str, start: int) -> Match | None:
        """Return the leftmost match from `start` on, as starts and ends of its groups, -1 for a group without a match."""
        threads: dict[int, Match] = {}
        found: Match | None = None
        empty = (-1,) * (2 * len(self.names))
        for at in range(start, len(text) + 1):
            if found is None:
                self._follow(threads, 0, empty, text, at)
            if not threads:
                break
            threads, found = self._step(threads, text, at, found)
        return found

    def _step(
        self, threads: dict[int, Match], text: str, at: int, found: Match | None
    ) -> tuple[dict[int, Match], Match | None]:
        """Advance all threads over the character at `at`; a match ends the threads of a lower priority."""
        char = text[at : at + 1]
        char = "\ufffd" if char and 0xD800 <= ord(char) < 0xE000 else char
        self._charge(len(threads))
        moved: dict[int, Match] = {}
        for place, match in threads.items():
            operation, chars, _ = self._code[place]
            if operation == _DONE:
                return moved, match
            if operation == _CHAR and char and char in chars:
                self._follow(moved, place + 1, match, text, at + 1)
        return moved, found

    def _follow(self, threads: dict[int, Match], place: int, match: Match, text: str, at: int) -> None:
        """Add the threads that are reached without a character, in the order of their priority."""
        pending = [(place, match)]
        passed = 0
        while pending:
            place, match = pending.pop()
            if place in threads:
                continue
            passed += 1
            operation, first, second = self._code[place]
            threads[place] = match
            if operation == _SPLIT:
                pending += ((second, match), (first, match))
            elif operation == _JUMP:
                pending.append((first, match))
            elif operation == _SAVE:
                passed += len(match) // _POSITIONS_PER_STEP
                pending.append((place + 1, (*match[:first], at, *match[first + 1 :])))
            elif operation == _EDGE and _is_edge(first, text, at):
                pending.append((place + 1, match))
        self._charge(passed)


def _is_edge(kind: str, text: str, at: int) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at : at + 1]
    if kind == "start":
        return not at
    if kind == "end":
        return not after
    if kind == "line start":
        return not at or before == "\n"
    if kind == "line end":
        return not after or after == "\n"
    return (_is_word(before) != _is_word(after)) == (kind == "boundary")


def _is_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")
