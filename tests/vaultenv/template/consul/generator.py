"""Random templates of consul-template that are mostly right; mistakes are part of the game."""

import random

from tests.vaultenv.template.consul.calls import Calls
from tests.vaultenv.template.consul.oracle import Source

_STRINGS = (
    *(".a", ".b", ".e", ".uni", ".html", ".obj.x", ".key", ".csv", ".int", ".float", ".json", ".b64", ".yes"),
    *(
        '"lit"',
        '"a b"',
        '""',
        '"1,2"',
        "`raw\\n`",
        '"é\\n"',
        '(print .a "-" .n)',
        '(index . "we-ird")',
        "$a",
        "$d.b",
    ),
    *("(printf `%s=%v` .a .n)", "(index .list 1)", "(toJSON .obj)", '(join "," (split "," .csv))'),
)
_INTEGERS = (
    "0",
    "1",
    "2",
    "7",
    "-3",
    "(len .a)",
    '(parseInt "12")',
    "(add 1 2)",
    "'a'",
    "0x1F",
    "1_000",
    "(len .list)",
)
_NUMBERS = (
    *_INTEGERS,
    "1.5",
    "2.0",
    "1e3",
    '(parseFloat "2.5")',
    '(parseUint "9")',
    "(divide 3 7)",
    ".n",
    "1",
)
_TEXTS = ('(split "," .csv)', '(split "" .a)', '(split "," .e)', '(secrets "kv/metadata")', "$parts")
_LISTS = (".list", ".mixed", ".maps", ".nested.list", ".nested.none", '(parseJSON `[1,2.5,"x",null]`)')
_MAPS = (
    ".obj",
    ".flat",
    ".nested",
    ".nested.empty",
    "$d.obj",
    "(parseJSON .json)",
    '(parseJSON `{"k":{"l":1}}`)',
    "$n",
)
_ANYTHING = (
    *(
        ".t",
        ".f",
        ".z",
        ".missing",
        ".null",
        ".",
        "$",
        "true",
        "nil",
        ".missing.x",
        ".null.x",
        ".a.x",
        ".obj.none",
    ),
    *(
        "(index .obj `none`)",
        '(splitToMap "," "=" .pairs)',
        '(splitToMap "," "=" .pairs).a',
        "$undefined",
        ".big",
    ),
    *(
        '(secret "database/creds/app")',
        '(secret "database/creds/app").Data.username',
        "$n.exact",
        "$n.exp",
    ),
    *(_STRINGS + _NUMBERS + _TEXTS + _LISTS + _MAPS),
)
_KINDS = {
    "s": _STRINGS,
    "i": ("0", "1", "2", "3", "5", "-1", "4.0"),
    "n": _NUMBERS,
    "l": _TEXTS,
    "L": _LISTS,
    "d": _MAPS,
    "a": _ANYTHING,
    "T": ('"t"', '"none"'),
    "p": (
        "`%v`",
        "`%5d|%-5v|%05d`",
        "`%q %x`",
        "`%s`",
        '"%+v %T"',
        "`%[2]v %[1]v`",
        "`%*d`",
        "`%.2f|%6.2f|%e`",
        "`%t%%`",
    ),
    "r": (
        "`[a-z]+`",
        "`(\\w+) (\\w+)`",
        "`a*`",
        "`^`",
        "`(?i)ALPHA`",
        "`[`",
        "`(a|al|alp)+?`",
        "`\\bg`",
        "`x|y|`",
        "`(?m)^-+`",
    ),
    "R": ("`$1`", "`<$0>`", "`${2}$1`", '"$$"', '""', "`-`", "`$name`"),
}
_CALLS = {
    **dict.fromkeys(
        ("toUpper", "toLower", "trimSpace", "base64Encode", "base64Decode", "base64URLEncode"), "s"
    ),
    **dict.fromkeys(("base64URLDecode", "sha256Hex", "md5sum", "parseBool", "parseFloat", "parseInt"), "s"),
    **dict.fromkeys(("parseUint", "parseJSON"), "s"),
    **dict.fromkeys(("trim", "trimPrefix", "trimSuffix", "split", "hmacSHA256Hex"), "ss"),
    **dict.fromkeys(("replaceAll", "splitToMap"), "sss"),
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "modulo", "minimum", "maximum"), "nn"),
    **dict.fromkeys(("toJSON", "toJSONPretty", "toUnescapedJSON", "toUnescapedJSONPretty"), "a"),
    **dict.fromkeys(("toYAML", "toTOML"), "d"),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "contains", "in"), "aa"),
    **dict.fromkeys(("containsAll", "containsAny", "containsNone", "containsNotAll"), "La"),
    **dict.fromkeys(("not", "len", "print", "println", "html", "urlquery", "js"), "a"),
    "explodeMap": "d",
    "mergeMap": "dd",
    "mergeMapWithOverride": "dd",
    "index": "aa",
    "indent": "is",
    "join": "sl",
    "slice": "sii",
    "printf": "paa",
    "regexMatch": "rs",
    "regexReplaceAll": "rRs",
    "executeTemplate": "Ta",
    "scratch.Set": "sa",
    "scratch.Get": "s",
    "scratch.MapSet": "ssa",
    "scratch.MapValues": "s",
}


class Generator:
    """Makes templates; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._calls = Calls(self._chance)

    def source(self) -> Source:
        """Return a template with its delimiters and what a missing key is."""
        chance = self._chance
        if chance.random() < 0.4:
            return Source(self._calls.template())
        text = self._template()
        if chance.random() < 0.15:
            text = self._damaged(text)
        if chance.random() < 0.06:
            return Source(text.replace("{{", "<<").replace("}}", ">>"), "<<", ">>")
        return Source(text, error_on_missing_key=chance.random() < 0.15)

    def _template(self) -> str:
        parts = [
            '{{ $d := (secret "kv/data/app").Data.data }}{{ $n := (secret "kv/data/numbers").Data.data -}}',
            '{{ $a := "variable" }}{{ $parts := split "," "p,q" }}',
            '{{ define "t" }}({{ . }}){{ end }}',
            self._chance.choice(
                (
                    "{{ with $d }}",
                    '{{ with secret "kv/data/app" }}{{ with .Data.data }}{{ end }}{{ end }}{{ with $d -}}',
                )
            ),
            self.nodes(2),
            "{{ end }}",
        ]
        return self._chance.choice(("", "\n", "é ")).join(parts)

    def nodes(self, depth: int) -> str:
        """Return a few nodes."""
        return "".join(self._node(depth) for _ in range(self._chance.randint(1, 3)))

    def _node(self, depth: int) -> str:
        dice = self._chance.random()
        if dice < 0.15:
            return self._chance.choice(
                ("text", " \n ", "}", "{", "#", "é", "A=", "\n\nB='", "{{/* note */}}", "{{- /* x */ -}}")
            )
        if dice < 0.65 or depth == 0:
            return self._action()
        if dice < 0.95:
            return self._branch(depth)
        return (
            self._chance.choice(
                ('{{ template "t" %s }}', '{{ block "t" %s }}{{ . }}{{ end }}', '{{ template "none" %s }}')
            )
            % self._value()
        )

    def _action(self) -> str:
        form = self._chance.choice(
            (
                "{{%s}}",
                "{{ %s }}",
                "{{- %s -}}",
                "{{ $x := %s }}{{ $x }}",
                "{{ $a = %s }}",
                "{{ %s | printf `%%v` }}",
            )
        )
        return form % self._call(2)

    def _value(self) -> str:
        return self._chance.choice(_ANYTHING) if self._chance.random() < 0.6 else f"({self._call(1)})"

    def _branch(self, depth: int) -> str:
        inner, other = self.nodes(depth - 1), self.nodes(depth - 1)
        value = self._value()
        collection = self._chance.choice(
            _LISTS + _MAPS + _TEXTS + ("3", "(loop 3)", "(loop 1 3)", ".missing", ".e")
        )
        return self._chance.choice(
            (
                f"{{{{ if {value} }}}}{inner}{{{{ else }}}}{other}{{{{ end }}}}",
                f"{{{{ if {value} }}}}{inner}{{{{ else if {self._value()} }}}}{other}{{{{ end }}}}",
                f"{{{{ with {value} }}}}{inner}{{{{ . }}}}{{{{ else }}}}{other}{{{{ end }}}}",
                f"{{{{ with $w := {value} }}}}{{{{ $w }}}}{inner}{{{{ else with {self._value()} }}}}{other}{{{{ end }}}}",
                f"{{{{ range {collection} }}}}{{{{ . }}}}{{{{ else }}}}{other}{{{{ end }}}}",
                f"{{{{ range $k, $v := {collection} }}}}{{{{ $k }}}}={{{{ $v }}}};{{{{ end }}}}",
                f"{{{{ range $v := {collection} }}}}{{{{ $v }}}}{{{{ if eq $v 1 }}}}{{{{ break }}}}{{{{ end }}}}{{{{ end }}}}",
                f"{{{{ range {collection} }}}}{{{{ if . }}}}{{{{ continue }}}}{{{{ end }}}}{inner}{{{{ end }}}}",
                f"{{{{ range $a = {collection} }}}}{{{{ $a }}}}{{{{ end }}}}{{{{ $a }}}}",
            )
        )

    def _call(self, depth: int) -> str:
        name = self._chance.choice(list(_CALLS))
        arguments = [self._argument(letter, depth) for letter in _CALLS[name]]
        if self._chance.random() < 0.03:
            arguments.pop()
        if arguments and self._chance.random() < 0.35:
            last = arguments.pop()
            return f"{last} | {name} {' '.join(arguments)}".rstrip()
        return f"{name} {' '.join(arguments)}".rstrip()

    def _argument(self, letter: str, depth: int) -> str:
        if depth > 0 and letter != "T" and self._chance.random() < 0.25:
            return f"({self._call(depth - 1)})"
        kind = letter if letter == "T" or self._chance.random() < 0.94 else "a"
        return self._chance.choice(_KINDS[kind])

    def _damaged(self, text: str) -> str:
        """Return the text with a piece cut out or put in."""
        at = self._chance.randrange(len(text))
        if self._chance.random() < 0.5:
            return text[:at] + text[at + self._chance.randint(1, 4) :]
        return (
            text[:at]
            + self._chance.choice(
                ("{{", "}}", "-", ".", "|", "(", ")", '"', "$", " ", "\n", "end", ":=", ",", "9")
            )
            + text[at:]
        )
