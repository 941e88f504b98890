"""Our templates compared with consul-template's own, to the byte, and errors to their position.

`python -m tests.vaultenv.template.consul.compare 20000` compares more of them.
"""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vaultenv.template.consul.calls import Calls
from tests.vaultenv.template.consul.generator import Generator
from tests.vaultenv.template.consul.oracle import Oracle, Source, differences, ours
from vaultenv.template.consul.timestamp import formatted

FORMS = """\
{{- with secret "kv/data/app" -}}export A="{{ .Data.data.a }}"{{- end }}
{{ with secret "kv/data/app" }}{{ range $k, $v := .Data.data }}{{ $k }}={{ $v }};{{ end }}{{ end }}
{{ with secret "kv/data/app" }}{{ range $k, $v := .Data.data -}}{{ $k }}: {{ $v | toJSON }} {{ end }}{{ end }}
{{ with secret "kv/data/app" }}{{ range .Data.data.list }}- {{ . }} {{ end }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data | toJSONPretty }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data | toUnescapedJSON }}|{{ .Data.data.html | toJSON }}{{ end }}
{{ with secret "/kv/data/app/" }}{{ index .Data.data "we-ird" }}{{ end }}
{{ with secret " kv/data/app " }}{{ .Data.data.database-url }}{{ end }}
{{ with secret "database/creds/app" }}postgres://{{ .Data.username }}:{{ .Data.password }}@db{{ end }}
{{ with secret "database/creds/app" }}{{ .LeaseID }} {{ .LeaseDuration }} {{ .Renewable }} {{ .RequestID }} {{ .Warnings }}{{ end }}
{{ with secret "database/creds/app" }}{{ . }}{{ print . }}{{ printf "%v %+v" . . }}{{ toJSON . }}{{ toYAML . }}{{ .Auth }}{{ .WrapInfo }}{{ end }}
{{ with secret "database/creds/app" }}{{ .Nothing }}{{ end }}
{{ with secret "database/creds/app" }}{{ .Auth.ClientToken }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.a }}|{{ .Data.metadata.version }}|{{ .Data }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.missing }}|{{ .Data.data.missing.more }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.null }}|{{ .Data.data.null.more }}{{ end }}
{{ with secret "empty" }}[{{ .Data }}{{ .Data.x }}{{ toJSON .Data }}]{{ else }}none{{ end }}
{{ with secret "kv/data/app?version=3" }}{{ .Data.data.a }}{{ end }}
{{ with secret "transit/encrypt/k" "plaintext=aGk=" }}{{ .Data.ciphertext }}{{ end }}
{{ with secret "transit/encrypt/k" " plaintext = aGk= " "" }}{{ .Data.ciphertext }}{{ end }}
{{ with secret "sys/tools/random" "" }}{{ .Data.random_bytes }}{{ end }}
{{ with secret "transit/encrypt/k" "plaintext" }}{{ .Data.ciphertext }}{{ end }}
{{ with pkiCert "pki/issue/web" "common_name=web" }}{{ .Cert }}{{ .Key }}{{ .CA }}{{ .CAChain }}{{ .Data.Cert }}{{ end }}
{{ with pkiCert "pki/issue/web" "common_name=web" }}{{ . }}{{ toJSON . }}{{ if .CaChainContains "x" }}yes{{ end }}{{ .Data.Data.CA }}{{ end }}
{{ range secrets "kv/metadata" }}{{ with secret (printf "kv/data/%s" .) }}{{ .Data.data.v }}{{ end }};{{ else }}none{{ end }}
{{ range secrets "kv/none" }}x{{ else }}none{{ end }}{{ secrets "kv/none" | toJSON }}{{ secrets "kv/metadata" | join "," }}
{{ secret }}{{ secret "" }}
{{ secrets "" }}
{{ with secret "kv/data/numbers" }}{{ .Data.data.exact }} {{ .Data.data.exp }} {{ .Data.data.minus }} {{ .Data.data }}{{ end }}
{{ with secret "kv/data/numbers" }}{{ if .Data.data.zero }}yes{{ end }}{{ eq .Data.data.exact "1.50" }}{{ end }}
{{ with secret "kv/data/numbers" }}{{ .Data.data.exact | base64Encode }}{{ end }}
{{ with secret "kv/data/numbers" }}{{ printf "%d|%s|%v" .Data.data.exact .Data.data.exact .Data.data.exact }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.b64 | base64Decode }}{{ .Data.data.bytes | base64Decode }}{{ .Data.data.bytes | base64Decode | toJSON }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.bytes | base64Decode | sha256Hex }}{{ .Data.data.bytes | base64Decode | len }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.url64 | base64URLDecode | base64URLEncode }}{{ .Data.data.key | indent 4 }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.json | parseJSON | toYAML }}{{ (.Data.data.json | parseJSON).p }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.yaml | parseYAML }}{{ (parseYAML .Data.data.yaml).r.s }}{{ range $k, $v := parseYAML .Data.data.yaml }}{{ $k }}{{ end }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.yaml | parseYAML | toJSON }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data | toTOML }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.nested | toTOML }}{{ .Data.data.maps | toYAML }}{{ end }}
{{ with secret "kv/data/app" }}{{ explodeMap .Data.data.flat }}{{ mergeMap .Data.data.obj .Data.data.flat }}{{ .Data.data.obj }}{{ end }}
{{ with secret "kv/data/app" }}{{ mergeMapWithOverride .Data.data.obj (parseJSON `{"x":"new","z":{}}`) }}{{ .Data.data.obj }}{{ end }}
{{ with secret "kv/data/app" }}{{ with secret "kv/data/app" }}{{ $m := mergeMap .Data.data.nested .Data.data.obj }}{{ end }}{{ .Data.data.nested }}{{ end }}
{{ with secret "kv/data/app" }}{{ in .Data.data.list "a" }}{{ .Data.data.list | contains "z" }}{{ containsAll (parseJSON `["a","z"]`) .Data.data.list }}{{ end }}
{{ with secret "kv/data/app" }}{{ split "," .Data.data.csv | join "+" }}{{ range $i, $e := split "," .Data.data.csv }}{{ $i }}{{ $e }}{{ end }}{{ end }}
{{ with secret "kv/data/app" }}{{ splitToMap "," "=" .Data.data.pairs }}{{ (splitToMap "," "=" .Data.data.pairs).none }}|{{ end }}
{{ with secret "kv/data/app" }}{{ join "," .Data.data.list }}{{ end }}
{{ with secret "kv/data/app" }}{{ join "," .Data.data.missing }}|{{ .Data.data.missing | join "," }}{{ end }}
{{ with secret "kv/data/app" }}{{ if and (eq .Data.data.a "alpha") (ne .Data.data.b "x") (not .Data.data.e) }}yes{{ else }}no{{ end }}{{ end }}
{{ with secret "kv/data/app" }}{{ .Data.data.a | regexReplaceAll "a(l)" "<$1>" }}{{ .Data.data.a | regexMatch "^al" }}{{ end }}
{{ scratch.Set "a" 1 }}{{ scratch.SetX "a" 2 }}{{ scratch.Get "a" }}{{ scratch.Key "a" }}{{ scratch.Key "b" }}{{ scratch.Get "b" }}
{{ scratch.MapSet "m" "b" 2 }}{{ scratch.MapSet "m" "a" 1 }}{{ scratch.MapSetX "m" "a" 3 }}{{ scratch.MapValues "m" }}{{ scratch.Get "m" }}
{{ scratch.Set "a" "x" }}{{ scratch.MapSet "a" "b" 1 }}
{{ scratch.Nothing }}{{ scratch.Set "a" }}
{{ range loop 3 }}{{ . }}{{ end }}{{ range $i := loop 2 4 }}{{ $i }}{{ end }}{{ range loop "2" }}x{{ else }}y{{ end }}{{ range loop 0 }}x{{ else }}y{{ end }}
{{ $l := loop 4 }}{{ range $l }}{{ . }}{{ if eq . 1 }}{{ break }}{{ end }}{{ end }}{{ range $l }}{{ . }}{{ end }}
{{ loop 3 }}
{{ define "a" }}<{{ . }}{{ template "b" . }}>{{ end }}{{ define "b" }}[{{ . }}]{{ end }}{{ template "a" "x" }}{{ executeTemplate "a" "y" | toUpper }}
{{ block "a" "x" }}<{{ . }}>{{ end }}{{ template "a" }}{{ template "a" 1 }}
{{ define "a" }}{{ $ }}{{ .x }}{{ end }}{{ template "a" }}{{ template "nothing" }}
{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}{{ template "a" }}
{{ define "a" }}{{ end }}{{ define "a" }}y{{ end }}{{ template "a" }}
{{ if true }}{{ define "a" }}x{{ end }}{{ end }}
{{ define "a" }}{{ break }}{{ end }}
{{ range 3 }}{{ range .x }}{{ else }}{{ break }}{{ end }}{{ . }}{{ end }}
{{ range 3 }}{{ range $x := loop 0 }}{{ else }}{{ continue }}{{ end }}{{ . }}{{ end }}
{{ range $i, $j := 3 }}{{ $i }}{{ end }}
{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ $x = 3 }}{{ end }}{{ $x }}{{ $x = "s" }}{{ $x }}
{{ $x = 1 }}{{ $x }}
{{ $x := $x }}
{{ ($y := 1) }}{{ $y }}{{ print ($z := 2) $z }}
{{ /* c */ -}} x {{- /* d */ }} y {{- " z " -}} {{/**/}}
{{- /* c */}}
{{3 -}} x {{- 4}} {{-3}} {{ - 3 }}
{{ if .x }}a{{ else if .y }}b{{ else }}c{{ end }}{{ with .x }}a{{ else with 1 }}{{ . }}{{ end }}
{{ .x.y.z }}{{ .x | print }}{{ print .x }}{{ nil }}
{{ print nil }}{{ eq nil .x }}{{ toJSON nil }}{{ len nil }}
{{ index nil }}{{ index .x "a" }}
{{ "a" "b" }}
{{ 1 | 2 }}
{{ print 1 2 "a" "b" 3 }}{{ println "a" 1 }}{{ print }}{{ html "<" 1 nil }}{{ js "'" "<é\\x01" }}{{ urlquery "a b" }}
{{ slice "hello" 1 3 }}{{ slice "é" 0 1 | printf "%q" }}{{ index "abc" 1 }}{{ slice (split "," "a,b,c") 1 2 }}{{ slice "a" 2 }}
{{ parseInt "12" | add 1 }}{{ add 1 2.5 }}{{ divide 2 7 }}{{ divide 2.0 7 }}{{ modulo 3 10 }}{{ divide 0 1 }}
{{ add "1" 2 }}
{{ minimum 1 2.5 }}{{ maximum 1 2.5 }}{{ parseBool "" }}{{ parseFloat "" }}{{ parseJSON "" }}{{ parseYAML "" }}{{ parseInt "" }}
{{ toTitle "hello wide-world it's o_k" }}{{ toUpper "straße" }}{{ toLower "ŻÓŁĆ" }}{{ trim "ab" "abcba" }}{{ trimSpace "\\n x \\t" }}
{{ hmacSHA256Hex "message" "key" }}{{ md5sum "a" }}{{ sha256Hex "" }}
{{ toYAML (parseJSON `{"b":[1,{"c":"x: y"}],"a":"l1\\nl2\\n"}`) }}
{{ "\\x80" }}{{ printf "%q" "\\xffé\\377" }}{{ index "\\xff" 0 }}{{ '\\xff' }}{{ "\\xc3\\xa9" | len }}{{ "\\xff" | base64Encode }}
{{ '\\xc3\\xa9' }}
{{ mergeMapWithOverride (parseJSON `{"a":true,"b":"x","c":1,"d":[1],"e":{"k":1},"f":1,"g":{"k":1}}`) (parseJSON `{"a":false,"b":"","c":0,"d":[],"e":{},"f":null,"g":{"k":0}}`) }}
{{ mergeMap (parseJSON `{"a":false,"b":"","d":[],"e":{}}`) (parseJSON `{"a":true,"b":"x","d":[1],"e":{"k":null},"n":null,"m":{"n":null}}`) }}
{{ $i := parseFloat "inf" }}{{ printf "%f|%6.2e|% f|%+g|%06G|%-6v|" $i $i $i $i $i $i }}{{ printf "% v|%g" $i (parseFloat "nan") }}
{{ printf "%#q%#q%#q%#q" "\\u2028é" "\\x80" "\\ufeff" "a\\tb" }}
{{ toYAML (parseJSON `["\\ufeff08","a\\u2028\\n","\\n","\\n\\n","a\\n\\n","\\u2028a\\nb"," a\\nb"]`) }}{{ js "a\\x7fb" }}
{{ with secret "kv/data/vast" }}{{ toYAML .Data.data }}{{ .Data.data.long | toJSON }}{{ end }}
{{ with secret "kv/data/vast" }}{{ toTOML .Data.data }}{{ end }}
{{ $n := printf "9%05000d" 7 }}{{ toYAML (parseJSON (printf `{"a%s":1,"a1%s":2,"a2%s":3,"a%s1":4}` $n $n $n $n)) }}
{{ regexMatch "(?P<é>x)" "x" }}
{{ regexMatch "a|{2}" "x" }}
{{ regexReplaceAll "{2,}" "x" "a" }}
{{ regexReplaceAll "a{|{a" "x" "a{ {a" }}
{{ toUpper "ᾳ ᾼ ῳ ǰ ß ŉ" }}{{ toTitle "ᾳb" }}
{{ base64Decode "OIUQ====" }}
{{ base64URLDecode "OIUQ====" }}{{ base64Decode "====" }}
{{ base64Decode "YQ==\n" }}{{ base64Decode "Y\nQ=\r=" }}{{ base64Decode "\n" }}{{ base64Decode "YWI=" }}
{{ base64Decode "====" }}
{{ base64Decode "YQ==YQ==" }}
{{ base64Decode "YQ=A" }}
{{ base64Decode "Y===" }}
{{ base64Decode "YR==" }}
{{ toUpper "\\xe2\\x82a" }}{{ toLower "\\x80A" }}{{ parseJSON "{\\"a\\xe2\\x82\\":\\"\\xf0\\x9f\\"}" }}{{ toTitle "\\xe2\\x82a" }}
{{ parseYAML "k: \\"a\\\\\\n\\n  b\\\\\\n  c  \\\\\\n \\n\\n  d\\"" }}
{{ parseYAML "k: \\"a\\\\\\n\\n---\\n\\"" }}
{{ parseYAML "k:\\n[1]: x" }}
{{ parseYAML "\\"a\\\\\\n---  \\"" }}
{{ parseYAML "- |\\n  a\\n\\t" }}
{{ parseYAML "- [b, c \\n d]\\n- e \\n  f\\t\\n\\n  g \\n- h  # i\\n- j : k \\n" }}
{{ parseYAML "a: b\\n'c\\n d': e" }}
{{ parseYAML "a: b\\nc\\n d: e" }}
{{ parseYAML "[- b]" }}
{{ parseYAML "[:b]" }}
{{ parseYAML "[-]" }}{{ parseYAML ":b" }}{{ parseYAML "{-: -a}" }}
{{ printf "%T" (parseYAML "-9223372036854775808") }}{{ printf "%T" (parseYAML "+9223372036854775808") }}{{ printf "%T" (parseYAML "-9223372036854775809") }}
{{ toYAML (parseYAML "null: a\\n2: b\\ntrue: c\\n1.5: d\\ns: e") }}
{{ parseYAML "k: v\\n{a: b}: x" }}
{{ $o := parseJSON `{"k":{"z":1}}` }}{{ scratch.MapSet "v" "k" $o }}{{ mergeMap (scratch.Get "v") $o }}{{ $o }}
{{ $o := parseJSON `{"k":{"z":1}}` }}{{ scratch.MapSet "v" "k" $o }}{{ mergeMapWithOverride (scratch.Get "v") $o }}
{{ range $k, $v := parseYAML "0: a\\nb: c\\n1.5: d\\ntrue: e\\n18446744073709551615: f\\nnull: g" }}{{ $k }}={{ $v }};{{ end }}
{{ regexMatch "\\xff" "a" }}
{{ regexMatch "퀀" "a퀀" }}
{{ regexReplaceAll "a\\xe2\\x82" "x" "b" }}
{{ printf "%\\xff|%\\xc3\\xa9" 1 2 }}
{{ call 1 }}
{{ nosuch }}
{{ if }}{{ end }}
{{ range $x, 1 := .y }}{{ end }}
{{ end }}
{{ else }}
{{ if true }}
{{ "unterminated }}
{{ 'ab' }}{{ 08 }}
{{ .a.b-c }}
{{ ( 1 }}
{{ 1 ) }}
{{ $ }}{{ $undefined }}
{{ true.x }}
{{ template nothing }}
{{ é }}{{ ; }}
{{""".splitlines()


@pytest.mark.parametrize("text", FORMS)
@pytest.mark.parametrize("error_on_missing_key", [False, True])
def test_templates_people_write_print_what_consul_template_prints(
    consul_template: Oracle, text: str, error_on_missing_key: bool
) -> None:
    source = Source(text, error_on_missing_key=error_on_missing_key)
    assert differences(consul_template, [source]) == []


@pytest.mark.parametrize(
    "text",
    [
        '{{ with secret "kv/data/app" }}\n  A={{ .Data.data.a }}\n{{ .Data.data.a.b }}{{ end }}',
        "é\n\n  {{ len 1 }}",
        '{{ if true }}\n{{ print "a" |\n toUpper 1 }}{{ end }}',
        "{{\n\n nosuch }}",
        "{{ if true }}\n\n",
        "\n{{ (1\n | print }}",
        '{{ with "x" }}\n\n{{- . -}}\n\n{{ .y }}{{ end }}',
    ],
)
def test_errors_of_several_lines_are_where_consul_template_says(consul_template: Oracle, text: str) -> None:
    theirs, _ = consul_template.rendered(Source(text))
    assert theirs.output is None
    assert differences(consul_template, [Source(text)]) == []


@pytest.mark.parametrize(
    ("left", "right"), [("[[", "]]"), ("${", "}"), ("<%", "%>"), ("{", "}"), ("--", "--")]
)
def test_other_delimiters_do_the_same(consul_template: Oracle, left: str, right: str) -> None:
    text = f'x {left}- with secret "kv/data/app" {right}{left} .Data.data.a -{right} y {left} end {right} {{{{ z }}}}'
    assert differences(consul_template, [Source(text, left, right)]) == []


def test_generated_templates_print_what_consul_template_prints(consul_template: Oracle) -> None:
    generator = Generator(20261128)
    assert differences(consul_template, (generator.source() for _ in range(2500))) == []


_WORDS = (
    *(
        "{{",
        "}}",
        "{{-",
        "-}}",
        "{{/*",
        "*/}}",
        " ",
        " ",
        "\n",
        "if",
        "else",
        "end",
        "range",
        "with",
        "break",
        "define",
        "block",
    ),
    *(
        "template",
        "nil",
        "true",
        "|",
        "(",
        ")",
        ".",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "-",
        "1",
        "1.5",
        "'c'",
        '"a"',
        "`b`",
        ".a",
        ".b.c",
    ),
    *(
        "print",
        "len",
        "eq",
        "and",
        "secret",
        "scratch.Key",
        "split",
        "toUpper",
        "nosuch",
        '"kv/data/app"',
        "text",
        "é",
    ),
)


@given(st.lists(st.sampled_from(_WORDS), max_size=14), st.sampled_from(["", " "]))
@settings(max_examples=300)
def test_any_row_of_words_is_read_as_consul_template_reads_it(
    consul_template: Oracle, words: list[str], between: str
) -> None:
    text = between.join(words)
    if text:
        assert differences(consul_template, [Source("{{ " + text), Source(text)]) == []


@given(st.integers(0, 2**32), st.integers(0, 4_000_000_000))
@settings(max_examples=200)
def test_times_have_the_text_of_go(consul_template: Oracle, seed: int, unix_s: int) -> None:
    layout = Calls(random.Random(seed)).layout()
    assert formatted(unix_s, layout) == consul_template.time(unix_s, layout)


_LONG = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "x" * 79,
    "",
    "",
    "'",
    '"',
    "#",
    "a:",
    "\t",
    "é",
    "\u2028",
    "\ufeff",
    "\x01",
    "\n",
]


@given(
    st.lists(st.sampled_from(_LONG), min_size=8, max_size=40),
    st.sampled_from(["{}", '{{"k":{}}}', "[[{}]]", "{{{}:1}}"]),
)
@settings(max_examples=200)
def test_long_texts_of_yaml_are_folded_as_consul_template_folds_them(
    consul_template: Oracle, words: list[str], around: str
) -> None:
    document = around.format(json.dumps(" ".join(words)))
    assert (
        differences(consul_template, [Source(f"{{{{ toYAML (parseJSON {json.dumps(document)}) }}}}")]) == []
    )


@pytest.mark.parametrize(
    "text",
    [
        *(
            "\\ufeffa: 1",
            "a: \\u007f",
            "# \\x01\\na: 1",
            "a: \\uffff",
            "a: \\xff",
            "--- a: 1",
            "--- - a",
            "--- a\\n b",
        ),
        *(
            "--- |\\n a",
            "---\\ta",
            "\\ta: 1",
            "\\t\\na: 1",
            "a:\\n\\t\\n  b",
            "a: 1\\t\\n\\t# c\\nb: 2",
            "a: b\\n\\tc",
        ),
        *(
            "a: b\\n  \\tc",
            "-\\ta",
            "- \\t# c",
            "a:\\t1",
            "a: |\\n  \\tb",
            "a: |\\n  b\\n  \\tc",
            "[a,\\n\\tb]",
            "[a?b]",
        ),
        *("{a?: 1}", "[http://x?y=1]", "a?b: c?", "['a?']"),
    ],
)
def test_yaml_is_refused_where_consul_template_refuses_it(consul_template: Oracle, text: str) -> None:
    assert differences(consul_template, [Source(f'{{{{ parseYAML "{text}" }}}}')]) == []


@pytest.mark.parametrize("layout", [".0000000000", ".999999999999", "05,000000000", ".0000000001"])
def test_a_fraction_has_nine_digits_at_most(consul_template: Oracle, layout: str) -> None:
    assert formatted(5, layout) == consul_template.time(5, layout)


def test_the_comparison_sees_a_difference(consul_template: Oracle) -> None:
    theirs, _ = consul_template.rendered(Source("{{ print 1 }}"))
    assert theirs.place == ours(Source("{{ print 1 }}"))[0].place != ours(Source("{{ print 2 }}"))[0].place
