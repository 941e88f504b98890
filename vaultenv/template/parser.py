"""The parser: tokens to a tree, one method per rule of Go's text/template grammar, without define, template
and block.
"""

from __future__ import annotations

from vaultenv.template import lexer
from vaultenv.template.constants import character, number, string
from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import Action, Branch, Call, Command, Constant, Jump, Node, Path, Pipeline, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from vaultenv.template.lexer import Token

_BRANCHES = ("if", "with", "range")
_KEYWORDS = (*_BRANCHES, "else", "end", "break", "continue", "define", "template", "block")
_WORDS = {"true": True, "false": False, "nil": None}
_DEEPEST = 50
_MOST_VARIABLES = 200


def parse_template(
    source: str, functions: Container[str], left: str = "${", right: str = "}"
) -> tuple[Node, ...]:
    """Return the nodes of a template; raise TemplateError, also for a function that is not in `functions`."""
    parser = _Parser(lexer.tokens(source, left, right), functions)
    nodes, stop = parser.nodes(())
    if stop:
        raise TemplateError(f"unexpected {stop.text}", stop.at)
    return nodes


class _Parser:
    def __init__(self, tokens: list[Token], functions: Container[str]) -> None:
        self._tokens = tokens
        self._functions = functions
        self._next = 0
        self._variables = ["$"]
        self._depth = 0
        self._ranges = 0

    def nodes(self, stops: tuple[str, ...]) -> tuple[tuple[Node, ...], Token | None]:
        """Parse text and actions up to an action that is one of `stops`; return also that token, None at the
        end of the template.
        """
        found: list[Node] = []
        while True:
            token = self._take()
            if token.kind == lexer.END:
                return tuple(found), None
            if token.kind == lexer.TEXT:
                found.append(Text(token.at, token.text))
                continue
            word = self._peek()
            if word.kind == lexer.IDENTIFIER and word.text in ("else", "end"):
                if word.text not in stops:
                    raise TemplateError(f"unexpected {word.text}", word.at)
                return tuple(found), self._take()
            found.append(self._action())

    def _action(self) -> Node:
        """action = branch | "break" | "continue" | pipeline ."""
        word = self._peek()
        if word.kind == lexer.IDENTIFIER and word.text in _KEYWORDS:
            return self._keyword(self._take())
        pipeline = self._pipeline(most_variables=1)
        self._expect(lexer.CLOSE)
        return Action(word.at, pipeline)

    def _keyword(self, word: Token) -> Node:
        if word.text in _BRANCHES:
            return self._branch(word)
        if word.text in ("break", "continue"):
            if not self._ranges:
                raise TemplateError(f"{word.text} outside range", word.at)
            self._expect(lexer.CLOSE)
            return Jump(word.at, word.text)
        raise TemplateError(f"{word.text} is not supported in keys", word.at)

    def _branch(self, word: Token) -> Branch:
        """branch = kind pipeline nodes [ "else" ( branch of if or with | nodes ) ] "end" ."""
        self._enter(word)
        scope, is_range = len(self._variables), word.text == "range"
        pipeline = self._pipeline(most_variables=2 if is_range else 1)
        self._expect(lexer.CLOSE)
        self._ranges += is_range
        body, stop = self.nodes(("else", "end"))
        self._ranges -= is_range
        otherwise: tuple[Node, ...] = ()
        if stop and stop.text == "else":
            otherwise = self._otherwise(word)
        elif stop:
            self._expect(lexer.CLOSE)
        else:
            raise TemplateError(f"{word.text} has no end", word.at)
        del self._variables[scope:]
        self._depth -= 1
        return Branch(word.at, word.text, pipeline, body, otherwise)

    def _otherwise(self, word: Token) -> tuple[Node, ...]:
        again = self._peek()
        if again.kind == lexer.IDENTIFIER and again.text == word.text and word.text != "range":
            return (self._branch(self._take()),)
        self._expect(lexer.CLOSE)
        nodes, stop = self.nodes(("end",))
        if not stop:
            raise TemplateError(f"{word.text} has no end", word.at)
        self._expect(lexer.CLOSE)
        return nodes

    def _pipeline(self, most_variables: int) -> Pipeline:
        """pipeline = [ variable [ "," variable ] ( ":=" | "=" ) ] command *( "|" command ) ."""
        start = self._peek()
        variables, declares = self._targets(most_variables)
        commands = [self._command()]
        while self._peek().kind == "|":
            self._take()
            commands.append(self._command())
        for command in commands[1:]:
            if isinstance(command.operands[0], Constant):
                raise TemplateError("non executable command in pipeline", command.at)
        if declares:
            self._variables += variables
        if len(self._variables) > _MOST_VARIABLES:
            raise TemplateError("too many variables", start.at)
        return Pipeline(start.at, commands, variables, declares)

    def _targets(self, most: int) -> tuple[list[str], bool]:
        names: list[Token] = []
        at = self._next
        while self._tokens[at].kind == lexer.VARIABLE:
            names.append(self._tokens[at])
            symbol = self._tokens[at + 1].kind
            at += 2
            if symbol in (":=", "=") and len(names) <= most:
                self._next = at
                return self._checked(names, symbol == ":="), symbol == ":="
            if symbol != ",":
                break
        return [], False

    def _checked(self, names: list[Token], declares: bool) -> list[str]:
        for name in names:
            if not declares and name.text not in self._variables:
                raise TemplateError(f"undefined variable {name.text}", name.at)
        return [name.text for name in names]

    def _command(self) -> Command:
        """command = operand *( space operand ) ."""
        start = self._peek()
        operands = [self._operand()]
        while self._peek().kind not in (lexer.CLOSE, "|", ")"):
            if not self._peek().spaced:
                raise TemplateError("a space is missing", self._peek().at)
            operands.append(self._operand())
        return Command(start.at, operands)

    def _operand(self) -> Node:
        """operand = term *field ."""
        token = self._take()
        if token.kind == lexer.IDENTIFIER and token.text not in _WORDS:
            return self._function(token)
        if token.kind == "(":
            return Path(token.at, self._parenthesis(token), self._fields())
        if token.kind == lexer.VARIABLE:
            if token.text not in self._variables:
                raise TemplateError(f"undefined variable {token.text}", token.at)
            return Path(token.at, token.text, self._fields())
        if token.kind == lexer.FIELD:
            return Path(token.at, None, [token.text[1:], *self._fields()])
        return Path(token.at, None, ()) if token.kind == lexer.DOT else self._constant(token)

    def _function(self, token: Token) -> Call:
        if token.text not in self._functions or token.text in _KEYWORDS:
            raise TemplateError(f'function "{token.text}" not defined', token.at)
        return Call(token.at, token.text)

    def _parenthesis(self, token: Token) -> Pipeline:
        self._enter(token)
        pipeline = self._pipeline(most_variables=0)
        self._expect(")")
        self._depth -= 1
        return pipeline

    def _fields(self) -> list[str]:
        fields = []
        while self._peek().kind == lexer.FIELD and not self._peek().spaced:
            fields.append(self._take().text[1:])
        return fields

    def _constant(self, token: Token) -> Constant:
        if token.kind == lexer.STRING:
            return Constant(token.at, string(token.text, token.at))
        if token.kind == lexer.NUMBER:
            return Constant(token.at, number(token.text, token.at))
        if token.kind == lexer.CHARACTER:
            return Constant(token.at, character(token.text, token.at))
        if token.kind == lexer.IDENTIFIER:
            return Constant(token.at, _WORDS[token.text])
        raise TemplateError("missing value for command", token.at)

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TemplateError("nested too deeply", token.at)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _expect(self, kind: str) -> None:
        token = self._take()
        if token.kind != kind:
            expected = "the end of the action" if kind == lexer.CLOSE else kind
            raise TemplateError(f"unexpected {token.text or 'end'}, not {expected}", token.at)
