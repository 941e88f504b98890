"""Random calls of single functions, each with texts that are near to what the function knows."""

import json
import random
from collections.abc import Callable
from typing import Any

_LETTERS = (
    "a",
    "b",
    "A",
    "z",
    "0",
    "7",
    "_",
    "-",
    ".",
    ",",
    " ",
    "\n",
    "\t",
    "é",
    "ß",
    "K",
    "✓",
    "'",
    '"',
    "<",
    "x=y",
)
_ATOMS = (
    *(
        "a",
        "b",
        "ab",
        ".",
        "\\d",
        "\\w",
        "\\W",
        "\\s",
        "\\S",
        "[a-c]",
        "[^a]",
        "[[:alpha:]]",
        "[^[:digit:]_]",
        "\\.",
        "\\x61",
    ),
    *(
        "^",
        "$",
        "\\b",
        "\\B",
        "\\A",
        "\\z",
        "(a|b)",
        "(?:ab)",
        "(?P<n>a)",
        "(?i:AB)",
        "(?s:.)",
        "\\pL",
        "\\p{Lu}",
        "[\\d\\-x]",
    ),
    *(
        "\\Qa.b\\E",
        "\\101",
        "é",
        "[à-ÿ]",
        "(|a)",
        "(?m)^",
        "(?m)$",
        "[]a]",
        "[a\\]]",
        "(a*)",
        "\\n",
        "(?U)a+",
        "[[:word:]-]",
    ),
)
_REPEATS = ("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,}", "{,2}", "{1,2}?", "**")
_BROKEN = (
    "(",
    ")",
    "[",
    "[a",
    "a{1001}",
    "\\",
    "\\y",
    "(?z)",
    "*",
    "a**",
    "[z-a]",
    "\\8",
    "(?P<>a)",
    "(?P<n",
    "\\pX",
    "x{2,1}",
)
_VERBS = ("v", "s", "d", "q", "x", "X", "t", "f", "e", "g", "G", "c", "U", "o", "b", "T", "O", "%", "z", "F")
_SCALARS = (
    '"a"',
    '"é\\n"',
    "1",
    "-15",
    "0",
    "1.5",
    "1e21",
    "-0.25",
    "true",
    "nil",
    "'x'",
    ".n",
    ".list",
    ".obj",
    "(parseInt `7`)",
    '""',
    "250",
)
_PLAIN = (
    *(
        "a",
        "a b",
        "true",
        "yes",
        "No",
        "null",
        "~",
        "1",
        "-1",
        "0x1F",
        "017",
        "0b11",
        "1_000",
        "1.5",
        ".5",
        "1e3",
        ".inf",
        ".nan",
    ),
    *(
        "2001-02-03",
        "2001-02-03 04:05:06",
        "2001-02-03T04:05:06Z",
        "12:30:45",
        "a: b",
        "a:",
        ": a",
        "- a",
        "-",
        "#a",
        "a #b",
        "a#b",
    ),
    *(
        "'a'",
        '"a"',
        "a'b",
        " a",
        "a ",
        "[a",
        "{a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "?",
        "? a",
        "---",
        "...",
        "a,b",
        "<<",
    ),
    *(
        "a\nb",
        "a\n",
        "\na",
        "a\n\nb\n\n",
        " a\nb",
        "a\n  b",
        "a \nb",
        "a\tb",
        "a\\b",
        "é",
        "\U0001f511",
        "\u2028",
        "a\u2028b\nc",
        "",
    ),
    *(
        "=",
        "a=b",
        "08",
        "1.",
        "+1",
        "1e",
        "0o7",
        "1__0",
        "-0",
        "0",
        "00",
        "9223372036854775808",
        "18446744073709551616",
        "y",
        "on",
    ),
)
_LAYOUTS = (
    "2006",
    "06",
    "01",
    "1",
    "Jan",
    "January",
    "02",
    "2",
    "_2",
    "002",
    "__2",
    "15",
    "03",
    "3",
    "04",
    "4",
    "05",
    "5",
    "PM",
    "pm",
)
_LAYOUTS += (
    "MST",
    "-0700",
    "-07:00",
    "Z0700",
    "Z07:00",
    "Mon",
    "Monday",
    ".000",
    ".999",
    ",000000",
    "T",
    " ",
    ":",
    "-",
    "of",
    "Janet",
    "7",
)
_NUMBERS = (
    "0",
    "1",
    "-1",
    "7",
    "-3",
    "1.5",
    "-2.25",
    "0.0",
    "9223372036854775807",
    "(parseInt `-9223372036854775808`)",
    "(parseUint `9`)",
)
_NUMBERS += ("(parseUint `18446744073709551615`)", "1e300", ".n", '"1"', "true", "nil")


def quoted(text: str) -> str:
    """Return the text as a literal of Go."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


class Calls:
    """Makes templates of one call each; the same seed makes the same ones."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._families: tuple[Callable[[], str], ...] = (
            *(
                self._regex,
                self._regex,
                self._yaml,
                self._yaml,
                self._document,
                self._document,
                self._printf,
                self._printf,
            ),
            *(self._number, self._arithmetic, self._text, self._read_yaml, self._read_yaml, self._comparison),
        )

    def template(self) -> str:
        """Return a template."""
        return (
            '{{ with secret "kv/data/app" }}{{ with .Data.data }}'
            + self._chance.choice(self._families)()
            + "{{ end }}{{ end }}"
        )

    def layout(self) -> str:
        """Return a layout for a time."""
        return self._chance.choice(("", "", "x")).join(self._some(_LAYOUTS, 6))

    def _some(self, choices: tuple[str, ...], most: int) -> list[str]:
        return [self._chance.choice(choices) for _ in range(self._chance.randint(0, most))]

    def _random_text(self, most: int = 8) -> str:
        return "".join(self._some(_LETTERS, most))

    def _pattern(self) -> str:
        parts = [
            self._chance.choice(_ATOMS) + self._chance.choice(_REPEATS)
            for _ in range(self._chance.randint(1, 4))
        ]
        if self._chance.random() < 0.07:
            parts.insert(self._chance.randint(0, len(parts)), self._chance.choice(_BROKEN))
        pattern = self._chance.choice(("", "", "|")).join(parts)
        return pattern if self._chance.random() < 0.8 else f"({pattern}){self._chance.choice(_REPEATS)}"

    def _regex(self) -> str:
        text = "".join(self._chance.choice("aabbAB0. _-\né\x80") for _ in range(self._chance.randint(0, 10)))
        pattern = quoted(self._pattern())
        if self._chance.random() < 0.3:
            return f"{{{{ regexMatch {pattern} {quoted(text)} }}}}"
        replacement = "".join(
            self._some(("<", "$0", "$1", "${1}", "$n", "${n}x", "$1x", "$$", "$", "${", ">", "$10"), 4)
        )
        return f"{{{{ regexReplaceAll {pattern} {quoted(replacement)} {quoted(text)} }}}}"

    def _json(self, depth: int) -> Any:
        dice = self._chance.random()
        if depth == 0 or dice < 0.5:
            return self._chance.choice(
                (
                    self._chance.choice(_PLAIN),
                    self._random_text(),
                    1,
                    -2.5,
                    1e21,
                    1e-7,
                    123456789,
                    True,
                    False,
                    None,
                    0,
                )
            )
        if dice < 0.72:
            return [self._json(depth - 1) for _ in range(self._chance.randint(0, 3))]
        return {self._json_key(): self._json(depth - 1) for _ in range(self._chance.randint(0, 3))}

    def _json_key(self) -> str:
        return self._chance.choice(
            (self._random_text(4), self._chance.choice(_PLAIN), *"abc", "a1", "a10", "a2", "A")
        )

    def _document(self) -> str:
        name = self._chance.choice(
            ("toYAML", "toTOML", "toJSON", "toJSONPretty", "toUnescapedJSONPretty", "printf `%v`")
        )
        value = (
            {self._json_key(): self._json(2) for _ in range(3)}
            if self._chance.random() < 0.8
            else self._json(2)
        )
        return f"{{{{ {name} (parseJSON {quoted(json.dumps(value))}) }}}}"

    def _yaml(self) -> str:
        return f"{{{{ toYAML (parseJSON {quoted(json.dumps(self._chance.choice(_PLAIN)))}) }}}}"

    def _read_yaml(self) -> str:
        """A text that is YAML, mostly; what is read is written again, so that types count."""
        text = self._yaml_block(2, 0)
        return f"{{{{ $y := parseYAML {quoted(text)} }}}}{{{{ printf `%T` $y }}}}|{{{{ toYAML $y }}}}"

    def _yaml_scalar(self) -> str:
        plain = [text for text in _PLAIN if "\n" not in text]
        return self._chance.choice(
            (
                *plain,
                *"abc",
                "a b",
                "1",
                '"q\\n\\t\\x41\\u00e9"',
                "'it''s'",
                '"a: b"',
                "'#'",
                "[]",
                "{}",
                "[a, 1, 'x']",
            )
        )

    def _yaml_block(self, depth: int, indent: int) -> str:
        pad = " " * indent
        if depth == 0 or self._chance.random() < 0.2:
            return f"{pad}{self._yaml_scalar()}\n"
        lines = ""
        as_list = self._chance.random() < 0.4
        for number in range(self._chance.randint(1, 3)):
            head = (
                "-"
                if as_list
                else self._chance.choice((f"k{number}", f"'k {number}'", f'"k{number}"', "true", "2")) + ":"
            )
            lines += self._yaml_entry(pad + head, depth, indent)
        return lines

    def _yaml_entry(self, head: str, depth: int, indent: int) -> str:
        pad = " " * indent
        return self._chance.choice(
            (
                f"{head} {self._yaml_scalar()}\n",
                f"{head} {self._yaml_scalar()}\n",
                f"{head} {self._yaml_scalar()} # note\n\n",
                f"{head}\n",
                f"{head}\n{self._yaml_block(depth - 1, indent + 2)}",
                f"{head}\n{self._yaml_block(depth - 1, indent + 2)}",
                f"{head} |\n{pad}  one\n{pad}   two\n\n{pad}  three\n",
                f"{head} >-\n{pad}  one\n{pad}  two\n\n{pad}  three\n{pad}    four\n{pad}  five\n\n",
                f"{head} |+\n{pad}  one\n\n\n",
                f"{head} plain\n{pad}  goes on\n\n{pad}  here\n",
                f'{head} "quoted\n{pad}  goes on\n\n{pad}  here"\n',
                f"{head} {{a: 1, 'b': [x, y], c: , d}}\n",
                f"{head} [a,\n{pad}  b, {{c: d}}]\n",
            )
        )

    def _printf(self) -> str:
        verbs = []
        for _ in range(self._chance.randint(1, 3)):
            flags = "".join(self._some(("+", "-", " ", "0", "#"), 2))
            width = self._chance.choice(("", "", "", "4", "10", "*", "[1]"))
            precision = self._chance.choice(("", "", "", ".2", ".0", ".", ".*"))
            verb = self._chance.choice(_VERBS)
            if verb == "v":
                flags = flags.replace("#", "")
            verbs.append("%" + flags + width + precision + verb)
        format_ = self._chance.choice(("", "|", " x ")).join(verbs) + self._chance.choice(("", "", "%", "é"))
        arguments = " ".join(self._some(_SCALARS, 4))
        return f"{{{{ printf {quoted(format_)} {arguments} }}}}"

    def _number(self) -> str:
        name = self._chance.choice(("parseInt", "parseUint", "parseFloat", "parseBool"))
        digits = (
            "1",
            "0",
            "9",
            "-",
            "+",
            ".",
            "e",
            "_",
            "x",
            " ",
            "12",
            "inf",
            "nan",
            "true",
            "F",
            "0x1p4",
            "99999999999999999999",
            "1e400",
        )
        return f"{{{{ {name} {quoted(''.join(self._some(digits, 3)))} }}}}"

    def _arithmetic(self) -> str:
        name = self._chance.choice(("add", "subtract", "multiply", "divide", "modulo", "minimum", "maximum"))
        one, other = self._chance.choice(_NUMBERS), self._chance.choice(_NUMBERS)
        return f"{{{{ {name} {one} {other} }}}}{{{{ printf `%T` ({name} {one} {other}) }}}}"

    def _comparison(self) -> str:
        name = self._chance.choice(("eq", "ne", "lt", "le", "gt", "ge", "in", "contains"))
        values = (
            *_NUMBERS,
            *_SCALARS,
            ".list",
            '(split "," .csv)',
            '(parseJSON `[1,"a"]`)',
            ".missing",
            "(secrets `kv/none`)",
        )
        return f"{{{{ {name} {self._chance.choice(values)} {self._chance.choice(values)} }}}}"

    def _text(self) -> str:
        name = self._chance.choice(
            (
                "toTitle",
                "toUpper",
                "toLower",
                "trimSpace",
                "html",
                "js",
                "urlquery",
                "base64Encode",
                "sha256Hex",
                "len",
                "md5sum",
            )
        )
        one = self._chance.choice(
            ("", "split", "trim", "trimPrefix", "trimSuffix", "hmacSHA256Hex", "base64Decode", "slice")
        )
        text = quoted(self._random_text(12))
        if one == "slice":
            return f"{{{{ slice {text} {self._chance.randint(-1, 6)} {self._chance.randint(-1, 9)} }}}}"
        if one == "base64Decode":
            return f"{{{{ base64Decode {quoted(''.join(self._some(('YQ', '==', 'aGk=', '/', '+', '-', 'gA', chr(10)), 4)))} }}}}"
        return f"{{{{ {one} {quoted(self._random_text(2))} {text} }}}}" if one else f"{{{{ {name} {text} }}}}"
