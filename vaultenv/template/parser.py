"""The parser: tokens to trees, one method for each rule of Go's text/template grammar, except expressions."""

from __future__ import annotations

import vaultenv.template.lexer as lexer
from vaultenv.template.constants import string
from vaultenv.template.nodes import Action, Branch, Insertion, Jump, Node, Text
from vaultenv.template.pipelines import ExpressionParser
from vaultenv.template.stream import Stream, is_keyword

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from vaultenv.template.lexer import Token

    Nodes = tuple[Node, ...]
    Trees = dict[str, Nodes]

ROOT = ""
"""The name of the main template, outside any `define`."""
_BRANCHES = ("if", "with", "range")
_DEFINING = ("define", "template", "block")


def parse_template(source: str, functions: Container[str]) -> Nodes:
    """Return the nodes of a template in a key; raise TemplateError, also for a function that is not in `functions`."""
    return _Parser(source, "${", "}", functions, undefined, _DEFINING).trees()[ROOT]


def parse_trees(
    source: str, functions: Container[str], left: str, right: str, unknown: Callable[[str], str]
) -> Trees:
    """Return the nodes of a template and of the templates that it defines, by name.

    Raise TemplateError for a syntax error; `unknown` returns the message for a function not in `functions`.
    """
    return _Parser(source, left, right, functions, unknown, ()).trees()


def undefined(name: str) -> str:
    """Return Go's message for a function that does not exist."""
    return f'function "{name}" not defined'


class _Parser:
    def __init__(
        self,
        source: str,
        left: str,
        right: str,
        functions: Container[str],
        unknown: Callable[[str], str],
        refused: tuple[str, ...],
    ) -> None:
        self._stream = Stream(lexer.tokens(source, left, right))
        self._expressions = ExpressionParser(self._stream, functions, unknown)
        self._refused = refused
        self._ranges = 0
        self._trees: Trees = {}

    def trees(self) -> Trees:
        """trees = *( definition | text | action ) ."""
        found: list[Node] = []
        while (token := self._stream.peek()).kind != lexer.END:
            opened = self._stream.next
            if token.kind == lexer.OPEN:
                self._stream.take()
                if is_keyword(self._stream.take_word(), "define"):
                    self._definition()
                    continue
                self._stream.next = opened
            node, stop = self._text_or_action()
            if node is None:
                raise self._stream.error(f"unexpected {stop}")
            found.append(node)
        self._add(ROOT, tuple(found))
        return self._trees

    def _definition(self) -> None:
        """definition = "define" string nodes "end" ."""
        self._refuse("define")
        name = self._template_name(self._stream.take_word(), "define clause")
        self._stream.expect(lexer.CLOSE)
        self._add(name, self._separately("define"))

    def _separately(self, word: str) -> Nodes:
        """Return the nodes up to an `end`, which have no access to outer variables and loops."""
        variables, ranges = self._expressions.variables, self._ranges
        self._expressions.variables, self._ranges = ["$"], 0
        nodes, stop = self._nodes()
        if stop != "end":
            raise self._stream.error(f"unexpected {stop} in {word}")
        self._expressions.variables, self._ranges = variables, ranges
        return nodes

    def _add(self, name: str, nodes: Nodes) -> None:
        if name not in self._trees or _is_blank(self._trees[name]):
            self._trees[name] = nodes
        elif not _is_blank(nodes):
            raise self._stream.error(f'multiple definition of template "{name}"')

    def _nodes(self) -> tuple[Nodes, str]:
        """nodes = *( text | action ): return also the `else` or `end` after them."""
        found: list[Node] = []
        while self._stream.peek_word().kind != lexer.END:
            node, stop = self._text_or_action()
            if node is None:
                return tuple(found), stop
            found.append(node)
        raise self._stream.error("unexpected end of the template: an end is missing")

    def _text_or_action(self) -> tuple[Node | None, str]:
        """Return the next node, or None and the word `else` or `end`."""
        token = self._stream.take_word()
        if token.kind == lexer.TEXT:
            return Text(token.at, token.text), ""
        if token.kind != lexer.OPEN:
            raise self._stream.unexpected(token, "input")
        word = self._stream.peek_word()
        if word.kind == lexer.KEYWORD and word.text in ("else", "end"):
            self._stream.take_word()
            self._stop(word.text)
            return None, word.text
        return self._action(), ""

    def _stop(self, word: str) -> None:
        """Skip the delimiter after an `else` or `end`, but not the `if` or `with` of a chain."""
        following = self._stream.peek_word()
        chained = following.kind == lexer.KEYWORD and following.text in ("if", "with")
        if word == "end" or not chained:
            self._stream.expect(lexer.CLOSE)

    def _action(self) -> Node:
        """action = branch | jump | insertion | block | pipeline ."""
        word = self._stream.peek_word()
        if word.kind == lexer.KEYWORD and word.text not in ("nil", "define"):
            self._stream.take_word()
            return self._keyword(word)
        pipeline = self._expressions.pipeline("command")
        return Action(pipeline.at, pipeline)

    def _keyword(self, word: Token) -> Node:
        if word.text in _BRANCHES:
            return self._branch(word)
        if word.text in ("break", "continue"):
            self._stream.expect(lexer.CLOSE)
            if not self._ranges:
                raise self._stream.error(f"{word.text} outside range")
            return Jump(word.at, word.text)
        self._refuse(word.text)
        return self._block() if word.text == "block" else self._insertion()

    def _refuse(self, word: str) -> None:
        if word in self._refused:
            raise self._stream.error(f"{word} is not supported in keys")

    def _insertion(self) -> Insertion:
        """insertion = "template" string [ pipeline ] ."""
        token = self._stream.take_word()
        name = self._template_name(token, "template clause")
        pipeline = None
        if self._stream.peek_word().kind == lexer.CLOSE:
            self._stream.take_word()
        else:
            pipeline = self._expressions.pipeline("template clause")
        return Insertion(token.at, name, pipeline)

    def _block(self) -> Insertion:
        """block = "block" string pipeline nodes "end" ."""
        token = self._stream.take_word()
        name = self._template_name(token, "block clause")
        pipeline = self._expressions.pipeline("block clause")
        self._expressions.enter()
        self._add(name, self._separately("block"))
        self._expressions.leave()
        return Insertion(token.at, name, pipeline)

    def _template_name(self, token: Token, context: str) -> str:
        if token.kind != lexer.STRING:
            raise self._stream.unexpected(token, context)
        return string(token.text, token.at)

    def _branch(self, word: Token) -> Branch:
        """branch = kind pipeline nodes [ "else" ( branch of if or with | nodes ) ] "end" ."""
        self._expressions.enter()
        scope, is_range = len(self._expressions.variables), word.text == "range"
        pipeline = self._expressions.pipeline(word.text)
        self._ranges += is_range
        body, stop = self._nodes()
        self._ranges -= is_range
        otherwise = self._otherwise(word) if stop == "else" else ()
        del self._expressions.variables[scope:]
        self._expressions.leave()
        return Branch(pipeline.at, word.text, pipeline, body, otherwise)

    def _otherwise(self, word: Token) -> Nodes:
        again = self._stream.peek()
        if is_keyword(again, word.text) and word.text != "range":
            return (self._branch(self._stream.take()),)
        nodes, stop = self._nodes()
        if stop != "end":
            raise self._stream.error(f"expected end; found {stop}")
        return nodes


def _is_blank(nodes: Nodes) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
