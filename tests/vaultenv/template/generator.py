"""Random templates that are mostly right, over one set of data; mistakes are part of the game."""

import random
from typing import Any

DATA: dict[str, Any] = {
    "a": "alpha",
    "b": "beta",
    "e": "",
    "t": True,
    "n": 15,
    "big": 12345678901234567890,
    "null": None,
    "list": ["a", "b", "c"],
    "obj": {"x": "ex", "y": "why"},
    "nested": {"list": ["n"], "obj": {"k": "v"}},
    "we ird": "w",
    "html": "<b>&'\"",
    "uni": "żółć ✓",
}

_STRINGS = (".a", ".b", ".uni", ".html", '"lit"', '"a b"', '""', ".obj.x", "$.a", '"1,2,3"', '"YQ=="', '"12"')
_NUMBERS = ("0", "1", "2", "7", "-3", "1.5", "(len .a)", "(add 1 2)")
_LISTS = (".list", '(list 1 "x" true)', '(splitList "," "p,q")', ".nested.list", "(list)")
_MAPS = (".obj", '(dict "k" 1 "l" "two")', ".nested")
_ANYTHING = (".t", ".missing", ".null", ".e", ".n", "true", *_STRINGS, *_NUMBERS, *_LISTS, *_MAPS)
_KINDS = {"s": _STRINGS, "i": ("0", "1", "2", "3", "5", "-1"), "l": _LISTS, "m": _MAPS, "a": _ANYTHING}

_CALLS = {
    **dict.fromkeys(("upper", "lower", "title", "untitle", "trim", "squote"), "s"),
    **dict.fromkeys(("b64enc", "b32enc", "sha256sum", "adler32sum", "fromJson", "atoi"), "s"),
    **dict.fromkeys(("trimAll", "trimSuffix", "trimPrefix", "contains", "hasPrefix", "hasSuffix"), "ss"),
    **dict.fromkeys(("trunc", "repeat", "indent", "nindent", "abbrev"), "is"),
    **dict.fromkeys(("toJson", "toRawJson", "toPrettyJson", "quote", "squote", "cat", "empty", "not"), "a"),
    **dict.fromkeys(("default", "coalesce", "and", "or", "print", "add", "sub", "mul", "max", "min"), "aa"),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), "aa"),
    **dict.fromkeys(("first", "last", "rest", "initial", "reverse", "uniq", "compact"), "l"),
    **dict.fromkeys(("html", "urlquery", "len", "toString", "int64", "add1", "sortAlpha"), "a"),
    "replace": "sss",
    "join": "sa",
    "splitList": "ss",
    "append": "la",
    "prepend": "la",
    "without": "la",
    "has": "al",
    "slice": "lii",
    "index": "la",
    "get": "ms",
    "hasKey": "ms",
    "substr": "iis",
    "ternary": "aaa",
    "div": "ii",
    "mod": "ii",
    "until": "i",
}


def _call(chance: random.Random, depth: int) -> str:
    name = chance.choice(list(_CALLS))
    arguments = [_argument(chance, letter, depth) for letter in _CALLS[name]]
    if arguments and chance.random() < 0.4:
        last = arguments.pop()
        return f"{last} | {name} {' '.join(arguments)}".rstrip()
    return f"{name} {' '.join(arguments)}"


def _argument(chance: random.Random, letter: str, depth: int) -> str:
    if depth > 0 and chance.random() < 0.25:
        return f"({_call(chance, depth - 1)})"
    kind = letter if chance.random() < 0.93 else "a"
    return chance.choice(_KINDS[kind])


def _condition(chance: random.Random) -> str:
    return chance.choice(_ANYTHING) if chance.random() < 0.5 else _call(chance, 1)


def template(chance: random.Random, depth: int = 2) -> str:
    """A template of a few nodes."""
    return "".join(_node(chance, depth) for _ in range(chance.randint(1, 3)))


def _node(chance: random.Random, depth: int) -> str:
    dice = chance.random()
    if dice < 0.2:
        return chance.choice(("text", " \n ", "}", "$", "#", "é"))
    if dice < 0.75 or depth == 0:
        return chance.choice(("${%s}", "${ %s }", "${- %s -}", "${%s | printf `%%v`}")) % _call(chance, 2)
    inner = template(chance, depth - 1)
    if dice < 0.83:
        return f"${{if {_condition(chance)}}}{inner}${{else}}{template(chance, depth - 1)}${{end}}"
    if dice < 0.9:
        return f"${{with {_condition(chance)}}}{inner}${{.}}${{end}}"
    return f"${{range $i, $v := {chance.choice(_LISTS + _MAPS)}}}${{$i}}${{$v}}{inner}${{end}}"
