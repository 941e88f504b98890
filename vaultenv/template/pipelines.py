"""The parser of expressions: pipelines, commands and operands of Go's text/template grammar."""

from __future__ import annotations

import vaultenv.template.lexer as lexer
from vaultenv.template.constants import character, number, string
from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import Call, Command, Constant, Node, Path, Pipeline
from vaultenv.template.pieces import Written
from vaultenv.template.stream import is_keyword

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from vaultenv.template.lexer import Token
    from vaultenv.template.stream import Stream

_DEEPEST = 50
_MOST_VARIABLES = 200


class ExpressionParser:
    """Parses expressions with access to `variables`; `enter` and `leave` count the nesting, for the whole template."""

    def __init__(self, stream: Stream, functions: Container[str], unknown: Callable[[str], str]) -> None:
        self.variables = ["$"]
        self._stream = stream
        self._functions = functions
        self._unknown = unknown
        self._depth = 0

    def enter(self) -> None:
        """Count the begin of a nested part; raise TemplateError if it is too deep."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._stream.error("nested too deeply")

    def leave(self) -> None:
        """Count the end of a nested part."""
        self._depth -= 1

    def pipeline(self, context: str, end: str = lexer.CLOSE) -> Pipeline:
        """pipeline = [ variable [ "," variable ] ( ":=" | "=" ) ] command *( "|" command ), with its end."""
        start = self._stream.peek_word()
        variables, declares = self._targets(context)
        commands: list[Command] = []
        while (token := self._stream.peek_word()).kind != end:
            if not _begins_operand(token):
                raise self._stream.unexpected(token, context)
            commands.append(self._command(token.at))
        self._stream.next += 1
        if not commands:
            raise self._stream.error(f"missing value for {context}")
        if any(isinstance(command.operands[0], Constant) or _is_dot(command) for command in commands[1:]):
            raise self._stream.error("non executable command in pipeline")
        return Pipeline(start.at, commands, variables, declares)

    def _targets(self, context: str) -> tuple[list[str], bool]:
        names: list[str] = []
        while (name := self._stream.peek_word()).kind == lexer.VARIABLE:
            before = self._stream.next
            self._stream.take_word()
            symbol = self._stream.peek_word()
            if symbol.kind not in (":=", "=") and symbol.text != ",":
                self._stream.next = before
                break
            self._stream.take_word()
            names.append(name.text)
            self._declare(name.text)
            if symbol.kind in (":=", "="):
                return names, symbol.kind == ":="
            self._check_comma(context, names)
        return names, True

    def _declare(self, name: str) -> None:
        self.variables.append(name)
        if len(self.variables) > _MOST_VARIABLES:
            raise self._stream.error("too many variables")

    def _check_comma(self, context: str, names: list[str]) -> None:
        if context != "range" or len(names) > 1:
            raise self._stream.error(f"too many declarations in {context}")
        if self._stream.peek_word().kind not in (lexer.VARIABLE, lexer.CLOSE, ")"):
            raise self._stream.error("range can only initialize variables")

    def _command(self, at: int) -> Command:
        """command = operand *( space operand ) ."""
        operands: list[Node] = []
        while True:
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._stream.take()
            if token.kind == lexer.SPACE:
                continue
            if token.kind in (lexer.CLOSE, ")"):
                self._stream.next -= 1
            elif token.kind != "|":
                raise self._stream.unexpected(token, "operand")
            break
        if not operands:
            raise self._stream.error("empty command")
        return Command(at, operands)

    def _operand(self) -> Node | None:
        """operand = term *field: None if the next token begins none."""
        term = self._term()
        if term is None or self._stream.peek().kind != lexer.FIELD:
            return term
        at = self._stream.peek().at
        fields = []
        while self._stream.peek().kind == lexer.FIELD:
            fields.append(self._stream.take().text[1:])
        if isinstance(term, Path) and (term.base is not None or term.fields):
            return Path(at, term.base, (*term.fields, *fields))
        if isinstance(term, (Pipeline, Call)):
            return Path(at, term, fields)
        raise self._stream.error("unexpected . after a value")

    def _term(self) -> Node | None:
        token = self._stream.take_word()
        if token.kind == lexer.IDENTIFIER:
            if token.text not in self._functions:
                raise TemplateError(self._unknown(token.text), token.at)
            return Call(token.at, token.text)
        if token.kind == lexer.VARIABLE:
            if token.text not in self.variables:
                raise self._stream.error(f"undefined variable {token.text}")
            return Path(token.at, token.text, ())
        if token.kind == lexer.FIELD:
            return Path(token.at, None, (token.text[1:],))
        if token.kind == lexer.DOT:
            return Path(token.at, None, ())
        if token.kind == "(":
            self.enter()
            pipeline = self.pipeline("parenthesized pipeline", ")")
            self.leave()
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
        if is_keyword(token, "nil"):
            return Constant(token.at, None)
        self._stream.next -= 1
        return None


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
