"""The lexer: a template's text to tokens, as Go's text/template/parse does it."""

from vaultenv.basics.record import Record
from vaultenv.template.errors import TemplateError

SPACE = " \t\r\n"
TEXT, OPEN, CLOSE, END = "text", "open", "close", "end"
IDENTIFIER, FIELD, VARIABLE, DOT = "identifier", "field", "variable", "dot"
STRING, NUMBER, CHARACTER = "string", "number", "character"
_MOST_TOKENS = 10_000
_SYMBOLS = (":=", "=", "|", ",", "(", ")")


class Token(Record):
    """A piece of a template: its kind (a symbol's kind is the symbol), its text, and the position of its
    first character.

    `spaced` says that blanks are before it.
    """

    __slots__ = ("at", "kind", "spaced", "text")

    def __init__(self, kind: str, text: str, at: int, spaced: bool = False) -> None:
        self.kind = kind
        self.text = text
        self.at = at
        self.spaced = spaced


def tokens(source: str, left: str, right: str) -> list[Token]:
    """Return all tokens, with an END; actions are between OPEN and CLOSE. Raises TemplateError."""
    found: list[Token] = []
    at = 0
    trim = False
    while True:
        start = source.find(left, at)
        text = source[at:] if start < 0 else source[at:start]
        text = text.lstrip(SPACE) if trim else text
        if start >= 0 and _trims_before(source, start + len(left)):
            text = text.rstrip(SPACE)
        if text:
            found.append(Token(TEXT, text, at))
        if start < 0:
            return [*found, Token(END, "", len(source))]
        at, trim = _Action(source, start, left, right, found).read()


def _trims_before(source: str, at: int) -> bool:
    return source[at : at + 1] == "-" and source[at + 1 : at + 2] in tuple(SPACE)


class _Action:
    """Reads one action, from its left delimiter to its right one."""

    def __init__(self, source: str, start: int, left: str, right: str, found: list[Token]) -> None:
        self._source = source
        self._start = start
        self._right = right
        self._found = found
        self._at = start + len(left)
        if _trims_before(source, self._at):
            self._at += 2

    def read(self) -> tuple[int, bool]:
        """Return the position after the action, and whether the text after it is trimmed."""
        if self._source.startswith("/*", self._at):
            self._skip_comment()
            return self._end_of_comment()
        self._found.append(Token(OPEN, "", self._start))
        while True:
            spaced = self._skip_space()
            if self._source.startswith("-" + self._right, self._at) and spaced:
                return self._close(1), True
            if self._source.startswith(self._right, self._at):
                return self._close(0), False
            if self._at >= len(self._source):
                raise TemplateError("unclosed action", self._start)
            if len(self._found) >= _MOST_TOKENS:
                raise TemplateError(f"longer than {_MOST_TOKENS} words", self._at)
            self._token(spaced)

    def _close(self, trim: int) -> int:
        self._found.append(Token(CLOSE, "", self._at))
        return self._at + trim + len(self._right)

    def _skip_comment(self) -> None:
        end = self._source.find("*/", self._at)
        if end < 0:
            raise TemplateError("unclosed comment", self._start)
        self._at = end + 2

    def _end_of_comment(self) -> tuple[int, bool]:
        spaced = self._skip_space()
        trim = spaced and self._source.startswith("-" + self._right, self._at)
        self._at += trim
        if not self._source.startswith(self._right, self._at):
            raise TemplateError("comment ends before closing delimiter", self._at)
        return self._at + len(self._right), trim

    def _skip_space(self) -> bool:
        start = self._at
        while self._source[self._at : self._at + 1] in tuple(SPACE):
            self._at += 1
        return self._at > start

    def _token(self, spaced: bool) -> None:
        start = self._at
        kind = self._kind()
        self._found.append(Token(kind, self._source[start : self._at], start, spaced))

    def _kind(self) -> str:
        char = self._source[self._at]
        for symbol in _SYMBOLS:
            if self._source.startswith(symbol, self._at):
                self._at += len(symbol)
                return symbol
        if char in "\"'`":
            self._at = _quote_end(self._source, self._at)
            return CHARACTER if char == "'" else STRING
        if char.isdigit() or (char in "+-." and self._source[self._at + 1 : self._at + 2].isdigit()):
            return self._word(NUMBER, "._+-")
        if char in ".$" or _is_letter(char):
            return self._name(char)
        raise TemplateError(f"unexpected {char!r} in an action", self._at)

    def _name(self, char: str) -> str:
        self._at += 1
        while _is_letter(self._source[self._at : self._at + 1]):
            self._at += 1
        if char == ".":
            return FIELD if _is_letter(self._source[self._at - 1]) else DOT
        return VARIABLE if char == "$" else IDENTIFIER

    def _word(self, kind: str, also: str) -> str:
        start = self._at
        while (char := self._source[self._at : self._at + 1]) and (_is_letter(char) or char in also):
            signed = char in "+-" and self._at > start and self._source[self._at - 1] not in "eEpP"
            if signed:
                break
            self._at += 1
        return kind


def _is_letter(char: str) -> bool:
    return char == "_" or char.isalnum()


def _quote_end(source: str, at: int) -> int:
    """Return the position after the quote that ends the one at `at`."""
    quote, start = source[at], at
    at += 1
    while at < len(source):
        if source[at] == quote:
            return at + 1
        if source[at] == "\n" and quote != "`":
            break
        at += 2 if source[at] == "\\" and quote != "`" else 1
    raise TemplateError("unterminated quoted string", start)
