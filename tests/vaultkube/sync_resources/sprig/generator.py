"""Random calls of the functions that only templates of custom objects have, with arguments that are mostly right."""

import random
from typing import Any

DATA: dict[str, Any] = {
    "a": "alpha Beta",
    "n": 15,
    "float": 1.5,
    "big": 12345678901234567890,
    "t": True,
    "null": None,
    "list": ["a", "b", 1, None, [], {"k": 1}],
    "same": ["a", "b", 1, None, [], {"k": 1}],
    "obj": {"x": "ex", "y": [1, 2]},
    "url": {
        "scheme": "https",
        "host": "h:1",
        "path": "/p q",
        "userinfo": "u:p@ss",
        "query": "a=b",
        "fragment": "f g",
    },
}

# fmt: off
_WORDS = (
    "some", "Words", "HTTP", "Server", "2xx", "20", "OK", "Bld4", "a", "B", "Ab", "é", "É", "żółć",
    "中文", "ǅ", "ß", "İ", "ᾳ", "Σ", "ა", "Ⅷ", "½", "٣", "🔑", "x1Y2", "GO", "no", "_", "-", "__", " ",
    "  ", "\t", "\n", "\u3000", "!", "«", ".", "\ufffd", "<", "+", "0", "\\xff", "\\xc3",
)
_PIECES = (
    "http:", "https:", "", "mailto:", "1a:", "postgres:", "//", "/", "///", "user", ":", "p%40ss", "@",
    "h", "EXAMPLE.com", ":80", ":x", ":", "[::1]", "[fe80::1%25en0]", "[fe80::1%25e%20]", "[1.2.3.4]",
    "[::1", "]", "%", "%2", "%2F", "%zz", "%C3%A9", "/a b", "/a/../b", "?", "?q=1&r=%20", "#",
    "#frag%20x", "*", "é", " ", "<", '"', "^", "{", "\x01", "\x7f", "!", "'", "(", "$&",
    "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:7::]", "::1", ";", "=", ",", "+", "%25", "%41", "\\xff", "%ff",
)
_STEPS = ("/", "//", ".", "..", "a", "b.c", "", "...", ".x", "é", " ", "\\xff", "/./", "/../", "x.tar.gz")
_PATTERNS = (
    "a", "[a-z]+", "", "a*", "(a)(b)?", "^", "$", r"\\b", r"\\s+", "x|", "(?i)B", "[^a]", "(", "a{2}",
    "é", "中?", ".", "(?P<n>a)", ",", "a*?", "(?s).", r"\\d", r"\\w+", "[", "(a|ab)(c|bcd)",
)
_SUBJECTS = (
    "", "a", "aaa", "abc", "a,b,,c", "bab Ab", "éaé", "中文a", "a\\xffb", "a1b22", " a  b ", "xaxxax",
    "abcd\\nab",
)
_NEW = ("", "x", "$1", "${1}y", "$$", "$n", "$0$0", "é", "\\xff", "$", "${", "$1a")
_DURATIONS = (
    "1h", "30m", "90s", "1.5", "h", "400d", "-", "+", "0", "8760h", "8761h", ".5s", "1us", "1µs", "ms",
    "s", "1", "99999999999", "2400h10m5s", "1.000000000000000000000001h", "9223372036854775807", "ns",
    "-9223372036854775808", ".", " ", "720h0m1s",
)
_NUMBERS = (
    "0", "1", "2", "7", "-3", "10", "-1", "1.5", "-0.5", "0.1", "0.2", "1e300", "-1e300", "5e-324",
    "1e-300", "123456789.123", '"1.5"', '"x"', '""', '"inf"', '"-inf"', '"nan"', "(add 1 2)",
    "(len .a)", '(int64 "5")', ".n", ".float", ".big", ".t", '"-0"', "9223372036854775807",
    "-9223372036854775808", '"0755"', '"755"', '"-17"', '"1_0"', '"+7"', '"8"', "644", '"3.0"',
    "(float64 3)", "3e-7", "1e21", "0.3333333333333333", "(divf 1 3)", '"777777777777777777777"',
    '"1777777777777777777777"',
)
_INTS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "10", "20", "-1", "-5")
_BOUNDS = (*_INTS, "-3", "15", "1.0", '"1"')
_VALUES = (
    ".a", ".n", ".float", ".big", ".t", ".null", ".missing", ".list", ".same", ".obj", "nil", "1",
    "1.5", '"a"', '""', "true", "(int64 1)", "(int 1)", "(add 0 1)", "(add1 0)", "(max 1)",
    "(biggest 1)", "(until 3)", "(untilStep 0 3 1)", "(list)", "(list 1 2)", '(splitList "," "a,b")',
    '(split "," "a,b")', '(list "a" "b")', "(chunk 1 (list 1 2))", "(rest (list))", "(dict)",
    '(dict "x" 1)', '(dict "x" (int64 1))', "(list 0 1 2)", "(slice (until 5) 0 3)",
    '(slice (splitList "," "a,b") 0)', "(deepCopy .list)", "(keys .obj)",
    '(deepCopy (splitList "," "a,b"))', '(deepCopy (split "," "a,b"))', '(index "a" 0)',
    '(float64 "nan")', "(list (float64 0))", "(list 0.0)", '(list (float64 "nan"))', "(floor 1)",
    "(len .a)", "'a'", '(atoi "1")', '(toDecimal "7")', "(fromJson `[1,null]`)", "(toStrings (list 1))",
    "(concat (list) (list))", "(mod 5 2)", "(sub 2 1)", "(div 2 2)", "(mul 1 1)", "(min 1 2)", "(1.0)",
    "1e3", '(regexFindAll "x" "a" -1)', '(regexSplit "," "a,b" -1)', "(mustSlice (list 1) 0)",
    "(mustChunk 1 (list 1))", "(mustDeepCopy .obj)",
)
_NAMES = (
    '"string"', '"int"', '"int64"', '"float64"', '"bool"', '"slice"', '"map"', '"invalid"',
    '"json.Number"', '"[]interface {}"',
    '"map[string]interface {}"', '"[]string"', '"[]int"', '"<nil>"', '""', "1", "nil",
)
_URLS = (
    ".url", '(dict "host" "h" "path" "p")', '(dict "scheme" "s")', '(dict "path" "a:b")', "(dict)",
    '(dict "opaque" "o" "scheme" "m")', '(dict "userinfo" "u p")', '(dict "userinfo" "é:%zz")',
    '(dict "host" .n)', '(dict "host" 1)', '(dict "host" nil)', "nil", ".a", '(dict "path" "*")',
    '(dict "path" "//x" "host" "h")', '(dict "userinfo" "a/b" "host" "h")', '(dict "userinfo" "@")',
    ".null",
)
_JSON = (
    "{", "}", "[", "]", ",", ":", "1", "-2.5", "1e400", "0.1e3", "01", "null", "true", "bad", " ", "\n",
    "[1,2.5,null]", '{"a":1}', '{"a":[1e400]}', '"s"', "\\xff", "é",
)
# fmt: on

_CALLS = {
    **dict.fromkeys(("camelcase", "kebabcase", "snakecase", "swapcase", "regexQuoteMeta"), "w"),
    **dict.fromkeys(
        ("base", "dir", "ext", "clean", "isAbs", "osBase", "osDir", "osExt", "osClean", "osIsAbs"), "p"
    ),
    **dict.fromkeys(("regexFindAll", "mustRegexFindAll", "regexSplit", "mustRegexSplit"), "rti"),
    **dict.fromkeys(
        ("regexReplaceAllLiteral", "mustRegexReplaceAllLiteral", "regexReplaceAll", "mustRegexReplaceAll"),
        "rtn",
    ),
    **dict.fromkeys(("regexFind", "mustRegexFind", "mustRegexMatch"), "rt"),
    **dict.fromkeys(("typeOf", "kindOf"), "v"),
    **dict.fromkeys(("typeIs", "typeIsLike", "kindIs"), "kv"),
    **dict.fromkeys(("addf", "subf", "mulf", "divf", "maxf", "minf", "biggest"), "N*"),
    **dict.fromkeys(("add1f", "toDecimal"), "N"),
    **dict.fromkeys(("duration", "durationRound"), "D"),
    "deepEqual": "vv",
    "wrap": "iw",
    "wrapWith": "isw",
    "abbrevboth": "iiw",
    "trimall": "sw",
    "seq": "b*",
    "urlParse": "u",
    "urlJoin": "U",
    "mustFromJson": "j",
}
CALLED = frozenset(_CALLS)


def _quoted(text: str) -> str:
    """Return a literal of Go; backslashes of the text are already its escapes."""
    escapes = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\x01": "\\x01", "\x7f": "\\x7f"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'


def _row(chance: random.Random, pieces: tuple[str, ...], most: int) -> str:
    return _quoted("".join(chance.choice(pieces) for _ in range(chance.randint(0, most))))


def _argument(chance: random.Random, letter: str) -> str:
    if chance.random() < 0.04:
        return chance.choice(_VALUES)
    if letter in "jwpuDs":
        return _text(chance, letter)
    texts = {"r": _PATTERNS, "t": _SUBJECTS, "n": _NEW}
    if letter in texts:
        return f'"{chance.choice(texts[letter])}"'
    plain = {"i": _INTS, "N": _NUMBERS, "b": _BOUNDS, "k": _NAMES, "v": _VALUES, "U": _URLS}
    return chance.choice(plain[letter])


def _text(chance: random.Random, letter: str) -> str:
    if letter == "s":
        return _row(chance, _WORDS, 1)
    if letter == "D" and chance.random() < 0.3:
        number = chance.choice((chance.randint(0, 10**5), chance.randint(-(2**63), 2**63 - 1)))
        return chance.choice((f'"{number}"', f"(int64 {number})", str(number), f'"{number}ns"'))
    pieces, most = {
        "j": (_JSON, 3),
        "w": (_WORDS, 8),
        "p": (_STEPS, 6),
        "u": (_PIECES, 6),
        "D": (_DURATIONS, 3),
    }[letter]
    return _row(chance, pieces, most)


def call(chance: random.Random, name: str) -> str:
    """Return a call of the function."""
    letters = _CALLS[name]
    if letters.endswith("*"):
        letters = letters[0] * chance.choice((0, 1, 2, 2, 3, 3, 4, 8))
    return " ".join((name, *(_argument(chance, letter) for letter in letters)))
