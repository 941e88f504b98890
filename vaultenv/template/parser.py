"""The parser: tokens to trees, one method per rule of Go's text/template grammar."""

from __future__ import annotations

from vaultenv.template import lexer
from vaultenv.template.constants import character, number, string
from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import (
    Action,
    Branch,
    Call,
    Command,
    Constant,
    Insertion,
    Jump,
    Node,
    Path,
    Pipeline,
    Text,
)
from vaultenv.template.pieces import Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from vaultenv.template.lexer import Token

    Nodes = tuple[Node, ...]
    Trees = dict[str, Nodes]

ROOT = ""
"""The name of the template that is not within a `define`."""
_BRANCHES = ("if", "with", "range")
_DEFINING = ("define", "template", "block")
_DEEPEST = 50
_MOST_VARIABLES = 200


def parse_template(source: str, functions: Container[str], left: str = "${", right: str = "}") -> Nodes:
    """Return the nodes of a template in a key; raise TemplateError, also for a function that is not in `functions`."""
    return _Parser(lexer.tokens(source, left, right), functions, undefined, _DEFINING).trees()[ROOT]


def parse_trees(
    source: str, functions: Container[str], left: str, right: str, unknown: Callable[[str], str]
) -> Trees:
    """Return the nodes of a template and of those that it defines, by name.

    Raise TemplateError for what is not a template; `unknown` makes the message for a function not in `functions`.
    """
    return _Parser(lexer.tokens(source, left, right), functions, unknown, ()).trees()


def undefined(name: str) -> str:
    """Return Go's message for a function that does not exist."""
    return f'function "{name}" not defined'


class _Parser:
    """Reads tokens once. `_read` counts those that were looked at: Go tells the line of the last of them."""

    def __init__(
        self,
        tokens: list[Token],
        functions: Container[str],
        unknown: Callable[[str], str],
        refused: tuple[str, ...],
    ) -> None:
        self._tokens = tokens
        self._functions = functions
        self._unknown = unknown
        self._refused = refused
        self._next = 0
        self._read = 0
        self._variables = ["$"]
        self._depth = 0
        self._ranges = 0
        self._trees: Trees = {}

    def trees(self) -> Trees:
        """trees = *( definition | text | action ) ."""
        found: list[Node] = []
        while (token := self._peek()).kind != lexer.END:
            opened = self._next
            if token.kind == lexer.OPEN:
                self._take()
                if self._is_keyword(self._take_word(), "define"):
                    self._definition()
                    continue
                self._next = opened
            node, stop = self._text_or_action()
            if node is None:
                raise self._error(f"unexpected {stop}")
            found.append(node)
        self._add(ROOT, tuple(found))
        return self._trees

    def _definition(self) -> None:
        """definition = "define" string nodes "end" ."""
        self._refuse("define")
        name = self._template_name(self._take_word(), "define clause")
        self._expect(lexer.CLOSE)
        self._add(name, self._separately("define"))

    def _separately(self, word: str) -> Nodes:
        """Return nodes up to an `end`, which see no variable or loop around them."""
        variables, ranges = self._variables, self._ranges
        self._variables, self._ranges = ["$"], 0
        nodes, stop = self._nodes()
        if stop != "end":
            raise self._error(f"unexpected {stop} in {word}")
        self._variables, self._ranges = variables, ranges
        return nodes

    def _add(self, name: str, nodes: Nodes) -> None:
        if name not in self._trees or _is_blank(self._trees[name]):
            self._trees[name] = nodes
        elif not _is_blank(nodes):
            raise self._error(f'multiple definition of template "{name}"')

    def _nodes(self) -> tuple[Nodes, str]:
        """nodes = *( text | action ): return also the `else` or `end` after them."""
        found: list[Node] = []
        while self._peek_word().kind != lexer.END:
            node, stop = self._text_or_action()
            if node is None:
                return tuple(found), stop
            found.append(node)
        raise self._error("unexpected end of the template: an end is missing")

    def _text_or_action(self) -> tuple[Node | None, str]:
        """Return the next node, or None and the word `else` or `end`."""
        token = self._take_word()
        if token.kind == lexer.TEXT:
            return Text(token.at, token.text), ""
        if token.kind != lexer.OPEN:
            raise self._unexpected(token, "input")
        word = self._peek_word()
        if word.kind == lexer.KEYWORD and word.text in ("else", "end"):
            self._take_word()
            self._stop(word.text)
            return None, word.text
        return self._action(), ""

    def _stop(self, word: str) -> None:
        """Pass the delimiter after an `else` or `end`; leave the `if` or `with` of a chain."""
        following = self._peek_word()
        chained = following.kind == lexer.KEYWORD and following.text in ("if", "with")
        if word == "end" or not chained:
            self._expect(lexer.CLOSE)

    def _action(self) -> Node:
        """action = branch | jump | insertion | block | pipeline ."""
        word = self._peek_word()
        if word.kind == lexer.KEYWORD and word.text not in ("nil", "define"):
            self._take_word()
            return self._keyword(word)
        pipeline = self._pipeline("command")
        return Action(pipeline.at, pipeline)

    def _keyword(self, word: Token) -> Node:
        if word.text in _BRANCHES:
            return self._branch(word)
        if word.text in ("break", "continue"):
            self._expect(lexer.CLOSE)
            if not self._ranges:
                raise self._error(f"{word.text} outside range")
            return Jump(word.at, word.text)
        self._refuse(word.text)
        return self._block() if word.text == "block" else self._insertion()

    def _refuse(self, word: str) -> None:
        if word in self._refused:
            raise self._error(f"{word} is not supported in keys")

    def _insertion(self) -> Insertion:
        """insertion = "template" string [ pipeline ] ."""
        token = self._take_word()
        name = self._template_name(token, "template clause")
        pipeline = None
        if self._peek_word().kind == lexer.CLOSE:
            self._take_word()
        else:
            pipeline = self._pipeline("template clause")
        return Insertion(token.at, name, pipeline)

    def _block(self) -> Insertion:
        """block = "block" string pipeline nodes "end" ."""
        token = self._take_word()
        name = self._template_name(token, "block clause")
        pipeline = self._pipeline("block clause")
        self._enter()
        self._add(name, self._separately("block"))
        self._depth -= 1
        return Insertion(token.at, name, pipeline)

    def _template_name(self, token: Token, context: str) -> str:
        if token.kind != lexer.STRING:
            raise self._unexpected(token, context)
        return string(token.text, token.at)

    def _branch(self, word: Token) -> Branch:
        """branch = kind pipeline nodes [ "else" ( branch of if or with | nodes ) ] "end" ."""
        self._enter()
        scope, is_range = len(self._variables), word.text == "range"
        pipeline = self._pipeline(word.text)
        self._ranges += is_range
        body, stop = self._nodes()
        self._ranges -= is_range
        otherwise = self._otherwise(word) if stop == "else" else ()
        del self._variables[scope:]
        self._depth -= 1
        return Branch(pipeline.at, word.text, pipeline, body, otherwise)

    def _otherwise(self, word: Token) -> Nodes:
        again = self._peek()
        if self._is_keyword(again, word.text) and word.text != "range":
            return (self._branch(self._take()),)
        nodes, stop = self._nodes()
        if stop != "end":
            raise self._error(f"expected end; found {stop}")
        return nodes

    def _pipeline(self, context: str, end: str = lexer.CLOSE) -> Pipeline:
        """pipeline = [ variable [ "," variable ] ( ":=" | "=" ) ] command *( "|" command ), with its end."""
        start = self._peek_word()
        variables, declares = self._targets(context)
        commands: list[Command] = []
        while (token := self._take_word()).kind != end:
            if not _begins_operand(token):
                raise self._unexpected(token, context)
            self._next -= 1
            commands.append(self._command())
        if not commands:
            raise self._error(f"missing value for {context}")
        if any(isinstance(command.operands[0], Constant) or _is_dot(command) for command in commands[1:]):
            raise self._error("non executable command in pipeline")
        return Pipeline(start.at, commands, variables, declares)

    def _targets(self, context: str) -> tuple[list[str], bool]:
        names: list[str] = []
        while (name := self._peek_word()).kind == lexer.VARIABLE:
            before = self._next
            self._take_word()
            symbol = self._peek_word()
            if symbol.kind not in (":=", "=") and symbol.text != ",":
                self._next = before
                break
            self._take_word()
            names.append(name.text)
            self._declare(name.text)
            if symbol.kind in (":=", "="):
                return names, symbol.kind == ":="
            self._check_comma(context, names)
        return names, True

    def _declare(self, name: str) -> None:
        self._variables.append(name)
        if len(self._variables) > _MOST_VARIABLES:
            raise self._error("too many variables")

    def _check_comma(self, context: str, names: list[str]) -> None:
        if context != "range" or len(names) > 1:
            raise self._error(f"too many declarations in {context}")
        if self._peek_word().kind not in (lexer.VARIABLE, lexer.CLOSE, ")"):
            raise self._error("range can only initialize variables")

    def _command(self) -> Command:
        """command = operand *( space operand ) ."""
        start = self._peek_word()
        operands: list[Node] = []
        while True:
            self._peek_word()
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._take()
            if token.kind == lexer.SPACE:
                continue
            if token.kind in (lexer.CLOSE, ")"):
                self._next -= 1
            elif token.kind != "|":
                raise self._unexpected(token, "operand")
            break
        if not operands:
            raise self._error("empty command")
        return Command(start.at, operands)

    def _operand(self) -> Node | None:
        """operand = term *field: None if the next token begins none."""
        term = self._term()
        if term is None or self._peek().kind != lexer.FIELD:
            return term
        at = self._peek().at
        fields = []
        while self._peek().kind == lexer.FIELD:
            fields.append(self._take().text[1:])
        if isinstance(term, Path) and (term.base is not None or term.fields):
            return Path(at, term.base, (*term.fields, *fields))
        if isinstance(term, (Pipeline, Call)):
            return Path(at, term, fields)
        raise self._error("unexpected . after a value")

    def _term(self) -> Node | None:
        token = self._take_word()
        if token.kind == lexer.IDENTIFIER:
            if token.text not in self._functions:
                raise TemplateError(self._unknown(token.text), token.at)
            return Call(token.at, token.text)
        if token.kind == lexer.VARIABLE:
            if token.text not in self._variables:
                raise self._error(f"undefined variable {token.text}")
            return Path(token.at, token.text, ())
        if token.kind == lexer.FIELD:
            return Path(token.at, None, (token.text[1:],))
        if token.kind == lexer.DOT:
            return Path(token.at, None, ())
        if token.kind == "(":
            self._enter()
            pipeline = self._pipeline("parenthesized pipeline", ")")
            self._depth -= 1
            return pipeline
        return self._constant(token)

    def _constant(self, token: Token) -> Constant | None:
        if token.kind == lexer.STRING:
            return Constant(token.at, Written(string(token.text, token.at)))
        if token.kind == lexer.NUMBER:
            return Constant(token.at, number(token.text, token.at))
        if token.kind == lexer.CHARACTER:
            return Constant(token.at, character(token.text, token.at))
        if token.kind == lexer.BOOLEAN:
            return Constant(token.at, token.text == "true")
        if self._is_keyword(token, "nil"):
            return Constant(token.at, None)
        self._next -= 1
        return None

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("nested too deeply")

    def _is_keyword(self, token: Token, word: str) -> bool:
        return token.kind == lexer.KEYWORD and token.text == word

    def _peek(self) -> Token:
        at = min(self._next, len(self._tokens) - 1)
        self._read = max(self._read, at)
        return self._tokens[at]

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _take_word(self) -> Token:
        while (token := self._take()).kind == lexer.SPACE:
            pass
        return token

    def _peek_word(self) -> Token:
        while (token := self._peek()).kind == lexer.SPACE:
            self._take()
        return token

    def _expect(self, kind: str) -> None:
        token = self._take_word()
        if token.kind != kind:
            raise self._unexpected(token, "the action")

    def _unexpected(self, token: Token, context: str) -> TemplateError:
        if token.kind == lexer.FAULT:
            return TemplateError(token.text, token.at)
        return self._error(f"unexpected {_shown(token)} in {context}")

    def _error(self, message: str) -> TemplateError:
        return TemplateError(message, self._tokens[self._read].at)


def _begins_operand(token: Token) -> bool:
    if token.kind == lexer.KEYWORD:
        return token.text == "nil"
    return token.kind in _OPERANDS


_OPERANDS = (
    *(lexer.BOOLEAN, lexer.CHARACTER, lexer.DOT, lexer.FIELD, lexer.IDENTIFIER, lexer.NUMBER, lexer.STRING),
    *(lexer.VARIABLE, "("),
)


def _is_dot(command: Command) -> bool:
    first = command.operands[0]
    return isinstance(first, Path) and first.base is None and not first.fields


def _is_blank(nodes: Nodes) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)


def _shown(token: Token) -> str:
    names = {lexer.CLOSE: "the end of the action", lexer.END: "the end of the template"}
    return names.get(token.kind) or token.text or token.kind
