"""A position in a YAML text, and the parser of the scalars there."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError

_SIMPLE = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_SIMPLE |= {"e": "\x1b", " ": " ", '"': '"', "'": "'", "\\": "\\", "/": "/", "N": "\x85", "_": "\xa0"}
_SIMPLE |= {"L": "\u2028", "P": "\u2029"}
_WIDTHS = {"x": 2, "u": 4, "U": 8}
_FLOW = ",[]{}"
_ENDS_IN_FLOW = _FLOW + "?"


def bad(why: str) -> TemplateError:
    """Return the error of a text that is invalid or unsupported YAML; the text is not shown."""
    return TemplateError(why)


class Cursor:
    """Reads a text from its start to its end."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.at = 0

    def peek(self, length: int = 1) -> str:
        """Return the next characters."""
        return self.text[self.at : self.at + length]

    @property
    def column(self) -> int:
        """The column of the next character, from 0."""
        return self.at - self.text.rfind("\n", 0, self.at) - 1

    def is_mark(self, char: str) -> bool:
        """Return whether the next character is this one, with a blank or the end of the line after it."""
        return self.peek() == char and self.text[self.at + 1 : self.at + 2] in ("", " ", "\t", "\n")

    def at_document_mark(self) -> bool:
        """Return whether `---` or `...` begins the line."""
        is_start = self.at == 0 or self.text[self.at - 1] == "\n"
        return (
            is_start
            and self.peek(3) in ("---", "...")
            and self.text[self.at + 3 : self.at + 4] in ("", " ", "\t", "\n")
        )

    def skip_blanks(self) -> None:
        """Skip blanks in the line, and a comment after them."""
        start = self.at
        while self.peek() in (" ", "\t"):
            self.at += 1
        if self.peek() == "#" and (self.at > start or self.column == 0):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def skip_lines(self) -> None:
        """Skip blanks, comments and ends of lines; raise TemplateError for a tab in an indentation."""
        if self.at == 0:
            self.refuse_tab()
        self.skip_blanks()
        while self.peek() == "\n":
            self.at += 1
            self.refuse_tab()
            self.skip_blanks()

    def skip_flow_lines(self) -> None:
        """Skip blanks, also tabs, comments and ends of lines."""
        self.skip_blanks()
        while self.peek() == "\n":
            self.at += 1
            self.skip_blanks()

    def refuse_tab(self) -> None:
        """Raise TemplateError if a tab is among the next blanks."""
        at = self.at
        while self.text[at : at + 1] == " ":
            at += 1
        if self.text[at : at + 1] == "\t":
            raise bad("a tab cannot indent")

    def expect_end_of_line(self) -> None:
        """Skip blanks and a comment; raise TemplateError if more text follows."""
        self.skip_blanks()
        if self.peek() not in ("\n", ""):
            raise bad("text follows a value in its line")

    def quoted(self) -> str:
        """Read a text in quotation marks, with lines folded."""
        mark = self.peek()
        self.at += 1
        out: list[str] = []
        while (char := self.peek()) != mark or (mark == "'" and self.peek(2) == "''"):
            if not char:
                raise bad("a quote is not closed")
            if char == "\\" and mark == '"':
                out.append(self._escape())
            elif char in " \t\n":
                out.append(self._space())
            else:
                out.append(char)
                self.at += 2 if char == "'" == mark else 1
        self.at += 1
        return "".join(out)

    def _space(self) -> str:
        """Read blanks, or a fold: ends of lines with the blanks around them."""
        start = self.at
        while self.peek() in (" ", "\t"):
            self.at += 1
        if self.peek() != "\n":
            return self.text[start : self.at]
        return self.fold()

    def fold(self) -> str:
        """Read ends of lines and the blanks after them: one is a blank, each further one a newline."""
        breaks = self._breaks()
        return " " if breaks == 1 else "\n" * (breaks - 1)

    def _breaks(self) -> int:
        """Skip blanks and ends of lines in a quoted text; return how many lines end."""
        start = self.at
        while not self.at_document_mark():
            if self.peek() not in (" ", "\t", "\n"):
                return self.text.count("\n", start, self.at)
            self.at += 1
        raise bad("a document ends in a quoted text")

    def _escape(self) -> str:
        letter = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if letter == "\n":
            return "\n" * self._breaks()
        if letter in _SIMPLE:
            return _SIMPLE[letter]
        digits = self.peek(_WIDTHS.get(letter, 0))
        if letter not in _WIDTHS or len(digits) < _WIDTHS[letter] or digits.strip("0123456789abcdefABCDEF"):
            raise bad("unknown escape")
        self.at += len(digits)
        code = int(digits, 16)
        if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            raise bad("an escape that is no character")
        return chr(code)

    def plain(self, indent: int, in_flow: bool) -> str:
        """Read a text without quotation marks, whose further lines are indented more than `indent`."""
        out = self._plain_line(in_flow)
        while self._at_end_of_line():
            start = self.at
            gap = self._gap(-1 if in_flow else indent)
            if self._ends_plain(indent, in_flow):
                self.at = start
                break
            out += gap + self._plain_line(in_flow)
        return out

    def _at_end_of_line(self) -> bool:
        """Return whether only blanks are between here and the end of the line, and a line follows."""
        at = self.at
        while self.text[at : at + 1] in (" ", "\t"):
            at += 1
        return self.text[at : at + 1] == "\n"

    def _gap(self, indent: int) -> str:
        breaks = 0
        while self.peek() in (" ", "\t", "\n") and self.peek():
            breaks += self.peek() == "\n"
            if breaks and self.peek() == "\t" and self.column <= indent:
                raise bad("a tab cannot indent")
            self.at += 1
        return " " if breaks == 1 else "\n" * (breaks - 1)

    def _ends_plain(self, indent: int, in_flow: bool) -> bool:
        begins = self.peek()
        if not begins or begins == "#" or self.at_document_mark():
            return True
        return (in_flow and begins in _ENDS_IN_FLOW) or (not in_flow and self.column <= indent)

    def _plain_line(self, in_flow: bool) -> str:
        start = self.at
        while (char := self.peek()) and char != "\n":
            following = self.text[self.at + 1 : self.at + 2]
            if char == ":" and (following in ("", " ", "\t", "\n") or (in_flow and following in _FLOW)):
                break
            if (in_flow and char in _ENDS_IN_FLOW) or (
                char == "#" and self.text[self.at - 1] in " \t" and self.at > start
            ):
                break
            self.at += 1
        line = self.text[start : self.at]
        text = line.rstrip(" \t")
        self.at -= len(line) - len(text)
        return text

    def block(self, indent: int) -> str:
        """Read a text after `|` or `>`, in lines that are indented more than `indent`."""
        folded = self.peek() == ">"
        self.at += 1
        chomp, explicit = self._header()
        lines: list[str] = []
        width = max(indent, 0) + explicit if explicit else self._first_indent(indent)
        while self.at < len(self.text):
            line = self._line()
            content = line.lstrip(" ")
            is_left = len(line) - len(content) < width
            if content.startswith("\t") and is_left:
                raise bad("a tab cannot indent")
            if self.at_document_mark() or (content and is_left):
                break
            lines.append(line[width:])
            self.at = min(self.at + len(line) + 1, len(self.text))
        had_end = self.text[self.at - 1 : self.at] == "\n"
        return _chomped(lines, chomp, folded, had_end)

    def _header(self) -> tuple[str, int]:
        chomp, explicit = "", 0
        for _ in range(2):
            if self.peek() in ("+", "-") and not chomp:
                chomp = self.peek()
                self.at += 1
            elif "1" <= self.peek() <= "9" and not explicit:
                explicit = int(self.peek())
                self.at += 1
        self.expect_end_of_line()
        self.at = min(self.at + 1, len(self.text))
        return chomp, explicit

    def _first_indent(self, indent: int) -> int:
        """Return the indentation of the first line that is not blank, or of the longest blank line before it."""
        at, widest = self.at, 0
        while at < len(self.text):
            end = self.text.find("\n", at)
            line = self.text[at : len(self.text) if end < 0 else end]
            spaces = len(line) - len(line.lstrip(" "))
            widest = max(widest, spaces)
            if line[spaces:].startswith("\t"):
                raise bad("a tab cannot indent")
            if line.strip(" ") or end < 0:
                break
            at = end + 1
        return max(widest, indent + 1, 1)

    def _line(self) -> str:
        end = self.text.find("\n", self.at)
        return self.text[self.at : len(self.text) if end < 0 else end]


def _chomped(lines: list[str], chomp: str, folded: bool, had_end: bool) -> str:
    trailing = 0
    while lines and not lines[-1]:
        lines.pop()
        trailing += 1
    text = _folded(lines) if folded else "\n".join(lines)
    if chomp == "-":
        return text
    if chomp == "+":
        return text + "\n" * (trailing + bool(lines and (had_end or trailing)))
    return text + ("\n" if lines and (had_end or trailing) else "")


def _folded(lines: list[str]) -> str:
    """Return the lines folded: a single line break between lines of text becomes a blank."""
    out = ""
    breaks = 0
    previous_spaced = True
    for line in lines:
        if not line:
            breaks += 1
            continue
        spaced = line[0] in " \t"
        if not out:
            out = "\n" * breaks
        elif spaced or previous_spaced:
            out += "\n" * (breaks + 1)
        else:
            out += "\n" * breaks if breaks else " "
        out += line
        previous_spaced, breaks = spaced, 0
    return out
