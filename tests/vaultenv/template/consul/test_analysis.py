"""Findings about a template before it runs."""

import pytest

from vaultenv.template.consul.analysis import Mention, analyse
from vaultenv.template.consul.functions import NAMES


def found(text: str, **how: str) -> list[tuple[str, int, int]]:
    return [(finding.rule, finding.line, finding.column) for finding in analyse(text, "t", **how).findings]


def message(text: str) -> str:
    (finding,) = analyse(text, "t").findings
    return finding.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text }}",
        '{{ with secret "kv/data/app" }}{{ .Data.data.a }}{{ .Data.metadata.version }}{{ end }}',
        '{{ with secret "database/creds/app" }}{{ .Data.username }}{{ range $k, $v := .Data }}{{ end }}{{ end }}',
        '{{ with secret "kv/data/app" }}{{ index .Data.data "a-b" }}{{ index .Data "data" }}{{ end }}',
        '{{ with secret "kv/data/app" }}{{ with secret "database/x" }}{{ .Data.username }}{{ end }}{{ end }}',
        '{{ range secrets "kv/metadata/x" }}{{ .Data.x }}{{ end }}',
        '{{ with secret (printf "kv/data/%s" "x") }}{{ .Data.password }}{{ end }}',
    ],
)
def test_nothing_is_found_in_a_template_that_is_right(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ if }}", [("syntax", 1, 7)]),
        ("a\n{{ range .x }}", [("syntax", 2, 15)]),
        ('{{ with secret "kv/data/app" }}\n{{ .Data.data.a-b }}{{ end }}', [("syntax", 2, 14)]),
        (
            "é {{ nosuch 1 }}\n{{ toUper .x | env }}",
            [("function", 1, 6), ("function", 2, 4), ("function", 2, 16)],
        ),
        ('{{ template "none" }}', [("insertion", 1, 13)]),
        (
            '{{ secret "" }}{{ secret "a" "b" }}{{ secrets "" }}',
            [("call", 1, 4), ("call", 1, 19), ("call", 1, 39)],
        ),
        (
            "{{ nosuch }}{{ with secret `kv/data/a` }}{{ .Data.x }}{{ end }}",
            [("function", 1, 4), ("kv2-data", 1, 50)],
        ),
        ("{{ " + "(" * 60 + "1" + ")" * 60 + " }}", [("syntax", 1, 54)]),
    ],
)
def test_findings_have_their_rule_line_and_column(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{{ with secret "kv/data/app" }}{{ .Data.password }}{{ end }}',
        '{{ with $s := secret "kv/data/app" }}{{ $s.Data.password }}{{ end }}',
        '{{ $s := secret "kv/data/app" }}{{ if true }}{{ $s.Data.password | toUpper }}{{ end }}',
        '{{ $p := "kv/data/app" }}{{ (secret $p).Data.password }}',
        '{{ with (secret "kv/data/app").Data }}{{ .password }}{{ end }}',
        '{{ with "kv/data/app" | secret }}{{ print .Data.password }}{{ end }}',
        '{{ with secret "kv/data/app" }}{{ index .Data "password" }}{{ end }}',
        '{{ with secret "kv/data/app" }}{{ .Data.password.deeper }}{{ end }}',
        '{{ range $k, $v := (secret "kv/data/app").Data }}{{ end }}',
        '{{ define "t" }}{{ (secret "kv/data/app").Data.password }}{{ end }}',
    ],
)
def test_a_key_directly_below_data_of_kv_version_2_is_found(text: str) -> None:
    assert [rule for rule, _, _ in found(text)] == ["kv2-data"]


def test_the_caller_knows_which_paths_are_of_kv_version_2() -> None:
    text = '{{ with secret "team/app" }}{{ .Data.password }}{{ end }}'
    assert [f.rule for f in analyse(text, "t", is_kv2=lambda path: path == "team/app").findings] == [
        "kv2-data"
    ]
    assert analyse(text.replace("team", "kv/data"), "t", is_kv2=lambda path: False).findings == ()


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("{{ .Data.data.a-b }}", 'index .Data.data "a-b"'),
        ('{{ with secret "kv/data/a" }}{{ .Data.x }}{{ end }}', "write .Data.data.x"),
        ('{{ with secret "kv/data/a" }}{{ index .Data "x-y" }}{{ end }}', 'write index .Data.data "x-y"'),
        ("{{ toUper .x }}", "did you mean toUpper?"),
        ("{{ tojson .x }}", "did you mean toJSON?"),
        ("{{ base64decode .x }}", "did you mean base64Decode?"),
        ("{{ plugin `x` }}", "it would run a program"),
        ("{{ writeToFile `x` }}", "it would write a file"),
        ("{{ file `/etc/passwd` }}", "does not read files"),
        ("{{ env `HOME` }}", "does not see the environment"),
        ("{{ key `x` }}", "reads from Consul"),
        ("{{ nomadVar `x` }}", "reads from Nomad"),
        ("{{ byTag .x }}", "services of Consul or Nomad"),
        ("{{ sockaddr `x` }}", "downward API"),
        ("{{ spew_dump .x }}", "toJSONPretty"),
        ("{{ sprig_quote .x }}", "functions of Sprig are not available"),
        ("{{ x }}", 'function "x" not defined'),
    ],
)
def test_a_finding_has_its_remedy(text: str, remedy: str) -> None:
    assert remedy in message(text)


def test_all_paths_are_listed_and_a_built_one_as_none() -> None:
    text = '{{ secret " /kv/a/ " }}{{ secret "kv/b?version=2" "x=1" }}\n{{ secrets "kv" }}{{ pkiCert "pki/issue/x" "cn=a" }}'
    text += '{{ $p := printf "kv/%s" "x" }}{{ secret $p }}{{ define "t" }}{{ "kv/c" | secret }}{{ end }}'
    expected = [
        Mention("kv/a", False),
        Mention("kv/b?version=2", True),
        Mention("kv", False),
        Mention("pki/issue/x", True),
        Mention(None, False),
        Mention("kv/c", False),
    ]
    assert sorted(map(repr, analyse(text, "t").mentions)) == sorted(map(repr, expected))


def test_other_delimiters_are_read() -> None:
    assert found("[[ nosuch ]]{{ nosuch }}", left="[[", right="]]") == [("function", 1, 4)]


def test_every_function_that_consul_template_has_is_there_or_refused_with_a_reason() -> None:
    theirs = [
        "datacenters",
        "exportedServices",
        "importedServices",
        "file",
        "key",
        "keyExists",
        "keyOrDefault",
        "ls",
        "safeLs",
        "node",
        "nodes",
        "partitions",
        "peerings",
        "secret",
        "secrets",
        "service",
        "connect",
        "services",
        "tree",
        "safeTree",
        "caRoots",
        "caLeaf",
        "pkiCert",
        "nomadServices",
        "nomadService",
        "nomadVarList",
        "nomadVarListSafe",
        "nomadVar",
        "nomadVarExists",
        "scratch",
        "base64Decode",
        "base64Encode",
        "base64URLDecode",
        "base64URLEncode",
        "byKey",
        "byPort",
        "byTag",
        "contains",
        "containsAll",
        "containsAny",
        "containsNone",
        "containsNotAll",
        "env",
        "mustEnv",
        "envOrDefault",
        "executeTemplate",
        "explode",
        "explodeMap",
        "mergeMap",
        "mergeMapWithOverride",
        "in",
        "indent",
        "loop",
        "join",
        "trim",
        "trimPrefix",
        "trimSuffix",
        "trimSpace",
        "parseBool",
        "parseFloat",
        "parseInt",
        "parseJSON",
        "parseUint",
        "parseYAML",
        "plugin",
        "regexReplaceAll",
        "regexMatch",
        "replaceAll",
        "sha256Hex",
        "md5sum",
        "hmacSHA256Hex",
        "timestamp",
        "toLower",
        "toJSON",
        "toJSONPretty",
        "toUnescapedJSON",
        "toUnescapedJSONPretty",
        "toTitle",
        "toTOML",
        "toUpper",
        "toYAML",
        "split",
        "splitToMap",
        "byMeta",
        "sockaddr",
        "writeToFile",
        "add",
        "subtract",
        "multiply",
        "divide",
        "modulo",
        "minimum",
        "maximum",
        "spew_dump",
        "spew_printf",
        "spew_sdump",
        "spew_sprintf",
        "and",
        "or",
        "not",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "index",
        "slice",
        "len",
        "print",
        "printf",
        "println",
        "html",
        "js",
        "urlquery",
        "call",
    ]
    for name in theirs:
        assert name in NAMES or "is not available: " in message("{{ %s }}" % name)  # noqa: UP031
    assert frozenset(theirs) >= NAMES


def test_facts_of_the_pod_are_findings_of_their_own_and_the_parsers_limits_hold_with_them() -> None:
    assert found('{{ env "POD_IP" }}{{ env "HOME" }}') == [("pod-fact", 1, 4), ("function", 1, 22)]
    assert found('{{ env "POD_IP" }}' + "x" * 70_000)[-1][0] == "syntax"
