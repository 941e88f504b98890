"""The tokens of a template, read once by the parser."""

from __future__ import annotations

import vaultenv.template.lexer as lexer
from vaultenv.template.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.template.lexer import Token


_BEYOND = 4
"""The number of copies of the last token: a parser at the end may read one or two tokens more."""


class Stream:
    """The tokens from `next` on. An error is at the last token that was read, also by a peek, as in Go."""

    def __init__(self, tokens: list[Token]) -> None:
        self.next = 0
        self._tokens = [*tokens, *(tokens[-1:] * _BEYOND)]
        self._read = 0

    def peek(self) -> Token:
        """Return the next token; at the end, the last token again."""
        if self.next > self._read:
            self._read = self.next
        return self._tokens[self.next]

    def take(self) -> Token:
        """Return the next token and advance."""
        token = self.peek()
        self.next += 1
        return token

    def take_word(self) -> Token:
        """Return the next token that is no blank, and advance after it."""
        token = self.peek_word()
        self.next += 1
        return token

    def peek_word(self) -> Token:
        """Skip blanks, and return the token after them."""
        while self._tokens[self.next].kind == lexer.SPACE:
            self.next += 1
        return self.peek()

    def expect(self, kind: str) -> None:
        """Skip a token of this kind; raise TemplateError for any other kind."""
        token = self.take_word()
        if token.kind != kind:
            raise self.unexpected(token, "the action")

    def unexpected(self, token: Token, context: str) -> TemplateError:
        """Return the error for a token at a wrong place."""
        if token.kind == lexer.FAULT:
            return TemplateError(token.text, token.at)
        return self.error(f"unexpected {_shown(token)} in {context}")

    def error(self, message: str) -> TemplateError:
        """Return an error at the last token that was read, also by a peek."""
        return TemplateError(message, self._tokens[self._read].at)


def is_keyword(token: Token, word: str) -> bool:
    """Return whether the token is this word of the language."""
    return token.kind == lexer.KEYWORD and token.text == word


def _shown(token: Token) -> str:
    names = {lexer.CLOSE: "the end of the action", lexer.END: "the end of the template"}
    return names.get(token.kind) or token.text or token.kind
