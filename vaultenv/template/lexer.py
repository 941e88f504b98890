"""The lexer: a template's text to tokens, by the rules of Go's text/template/parse."""

from vaultenv.basics.record import Record
from vaultenv.template.errors import TemplateError

SPACES = " \t\r\n"
TEXT, OPEN, CLOSE, SPACE, END, FAULT = "text", "open", "close", "space", "end", "fault"
IDENTIFIER, KEYWORD, BOOLEAN = "identifier", "keyword", "boolean"
FIELD, VARIABLE, DOT = "field", "variable", "dot"
STRING, NUMBER, CHARACTER, OTHER = "string", "number", "character", "other"
KEYWORDS = frozenset(
    "block break continue define else end if range nil template with".split()  # noqa: SIM905 (as Go lists them)
)
_SPACES = tuple(SPACES)
_BOOLEANS = ("true", "false")
_MOST_TOKENS = 10_000
_AFTER_WORD = (*_SPACES, "", ".", ",", "|", ":", ")", "(")
_DECIMAL = "0123456789_"
_DIGITS = {"x": "0123456789abcdefABCDEF_", "o": "01234567_", "b": "01_"}


class Token(Record):
    """A piece of a template: its kind (a symbol's kind is the symbol), its text, and the position of its first
    character.

    The text of a FAULT is the error that the parser raises when it reads the token.
    """

    __slots__ = ("at", "kind", "text")

    def __init__(self, kind: str, text: str, at: int) -> None:
        self.kind = kind
        self.text = text
        self.at = at


def tokens(source: str, left: str, right: str) -> list[Token]:
    """Return all tokens, with an END or a FAULT as the last; actions are between OPEN and CLOSE.

    Raises TemplateError for a template with too many words.
    """
    return _Lexer(source, left, right).tokens()


class _Fault(Exception):
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _Lexer:
    def __init__(self, source: str, left: str, right: str) -> None:
        self._source = source
        self._left = left
        self._right = right
        self._trimming_right = "-" + right
        self._at = 0
        self._start = 0
        self._parentheses = 0
        self._words = 0
        self._found: list[Token] = []

    def tokens(self) -> list[Token]:
        try:
            while self._text():
                self._delimiter()
        except _Fault as fault:
            self._found.append(Token(FAULT, fault.message, self._start))
        return self._found

    def _text(self) -> bool:
        """Read up to the next left delimiter; return whether there is one."""
        source, start = self._source, self._at
        found = source.find(self._left, start)
        text = source[start:] if found < 0 else source[start:found]
        if found >= 0 and _trims(source, found + len(self._left)):
            text = text.rstrip(SPACES)
        if text:
            self._found.append(Token(TEXT, text, start))
        if found < 0:
            self._found.append(Token(END, "", len(source)))
            return False
        self._at = self._start = found
        return True

    def _delimiter(self) -> None:
        """Read an action or a comment, and the text that its right delimiter trims."""
        opened = self._at
        self._at += len(self._left)
        self._at += 2 * _trims(self._source, self._at)
        if self._source.startswith("/*", self._at):
            self._start = self._at
            self._comment()
        else:
            self._count()
            self._found.append(Token(OPEN, "", opened))
            self._parentheses = 0
            while not self._closed():
                self._token()

    def _comment(self) -> None:
        end = self._source.find("*/", self._at + 2)
        if end < 0:
            raise _Fault("unclosed comment")
        self._at = end + 2
        if not self._is_right():
            raise _Fault("comment ends before closing delimiter")
        self._skip_right()

    def _is_right(self) -> int:
        """Return 1 at a right delimiter, 2 at one with a trim marker, else 0."""
        source, at = self._source, self._at
        if source.startswith(self._trimming_right, at + 1) and source[at] in SPACES:
            return 2
        return 1 if source.startswith(self._right, at) else 0

    def _skip_right(self) -> int:
        """Skip the right delimiter and the text that it trims; return the position of its beginning."""
        trims = self._is_right() == 2
        begin = self._at + 2 * trims
        self._at = begin + len(self._right)
        while trims and self._source[self._at : self._at + 1] in _SPACES:
            self._at += 1
        return begin

    def _closed(self) -> bool:
        self._start = self._at
        if not self._is_right():
            return False
        if self._parentheses:
            raise _Fault("unclosed left paren")
        self._found.append(Token(CLOSE, "", self._skip_right()))
        return True

    def _token(self) -> None:
        start = self._at
        char = self._source[start : start + 1]
        if not char:
            raise _Fault("unclosed action")
        if char in SPACES:
            kind = self._space()
        else:
            self._count()
            kind = self._kind(char)
        if self._at > start:
            self._found.append(Token(kind, self._source[start : self._at], start))

    def _count(self) -> None:
        self._words += 1
        if self._words > _MOST_TOKENS:
            raise TemplateError(f"longer than {_MOST_TOKENS} words", self._at)

    def _space(self) -> str:
        source, at = self._source, self._at + 1
        while source[at : at + 1] in _SPACES:
            at += 1
        # The last blank belongs to a right delimiter with a trim marker.
        self._at = at - source.startswith(self._trimming_right, at)
        return SPACE

    def _kind(self, char: str) -> str:
        """Skip the token that begins with `char`, and return its kind."""
        if char in "\"'`":
            self._quoted(char)
            return CHARACTER if char == "'" else STRING
        following = self._source[self._at + 1 : self._at + 2]
        if char == "$" or (char == "." and not ("0" <= following <= "9")):
            return self._name(VARIABLE if char == "$" else FIELD)
        if char in "+-." or "0" <= char <= "9":
            return self._number()
        return self._word() if _is_word(char) else self._symbol(char, following)

    def _symbol(self, char: str, following: str) -> str:
        self._at += 1
        if char == ":":
            if following != "=":
                raise _Fault("expected :=")
            self._at += 1
            return ":="
        self._parentheses += (char == "(") - (char == ")")
        if self._parentheses < 0:
            raise _Fault("unexpected right paren")
        if not (char.isascii() and char.isprintable()):
            raise _Fault(f"unrecognized character in action: U+{ord(char):04X}")
        return char if char in "=|()" else OTHER

    def _name(self, kind: str) -> str:
        self._at += 1
        if self._ends_word():
            return DOT if kind == FIELD else VARIABLE
        self._letters()
        return kind

    def _word(self) -> str:
        self._letters()
        word = self._source[self._start : self._at]
        if word in KEYWORDS:
            return KEYWORD
        return BOOLEAN if word in _BOOLEANS else IDENTIFIER

    def _letters(self) -> None:
        source, at = self._source, self._at
        while (char := source[at : at + 1]).isalpha() or char.isdecimal() or char == "_":
            at += 1
        self._at = at
        if not self._ends_word():
            raise _Fault(f"bad character U+{ord(self._source[self._at]):04X}{self._hint()}")

    def _hint(self) -> str:
        if self._source[self._at] != "-":
            return ""
        fields = "." if self._left == "${" else ".Data.data"
        return f' "-": a name with a hyphen needs index, as in: index {fields} "a-b"'

    def _ends_word(self) -> bool:
        char = self._source[self._at : self._at + 1]
        return char in _AFTER_WORD or self._source.startswith(self._right, self._at)

    def _number(self) -> str:
        self._scan_number()
        if self._source[self._at : self._at + 1] in ("+", "-"):
            self._scan_number()
            if self._source[self._at - 1] != "i":
                raise _Fault("bad number syntax")
        return NUMBER

    def _scan_number(self) -> None:
        self._accept("+-")
        digits = _DECIMAL
        if self._accept("0"):
            digits = _DIGITS.get(self._accept("xXoObB").lower(), _DECIMAL)
        self._run(digits)
        if self._accept("."):
            self._run(digits)
        if self._accept({_DECIMAL: "eE", _DIGITS["x"]: "pP"}.get(digits, "")):
            self._accept("+-")
            self._run(_DECIMAL)
        self._accept("i")
        if _is_word(self._source[self._at : self._at + 1]):
            raise _Fault("bad number syntax")

    def _accept(self, chars: str) -> str:
        char = self._source[self._at : self._at + 1]
        if not char or char not in chars:
            return ""
        self._at += 1
        return char

    def _run(self, chars: str) -> None:
        while self._accept(chars):
            pass

    def _quoted(self, quote: str) -> None:
        """Skip a quoted string or character; raise _Fault if it is open at the end of the line, in backquotes of the template."""
        source = self._source
        at = self._at + 1
        while (char := source[at : at + 1]) != quote:
            if char == "\\" and quote != "`":
                at += 1
                char = source[at : at + 1]
            if not char or (char == "\n" and quote != "`"):
                raise _Fault(
                    "unterminated quoted string" if quote != "'" else "unterminated character constant"
                )
            at += 1
        self._at = at + 1


def _trims(source: str, at: int) -> bool:
    return source[at : at + 1] == "-" and source[at + 1 : at + 2] in _SPACES


def _is_word(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()
