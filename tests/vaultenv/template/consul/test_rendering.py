"""Rounds of questions and answers: what a template asks for, and that it asks for nothing else."""

from collections.abc import Iterable

import pytest

from tests.vaultenv.template.consul.facts import ANSWERS, APP
from tests.vaultenv.template.consul.generator import Generator
from vaultenv.basics.jsontext import loads
from vaultenv.template.consul import answers, needs
from vaultenv.template.consul.needs import Certificate, List, Need, Read, Write
from vaultenv.template.consul.template import Missing, Rendered, parse
from vaultenv.template.errors import NamedTemplateError
from vaultenv.template.expressions import ERROR, ZERO
from vaultenv.template.pieces import Piece
from vaultenv.template.types import Strings
from vaultenv.template.values import printed
from vaultenv.template.work import Work

SECRET = answers.secret(loads(b'{"data": {"k": "v", "next": "kv/b", "on": true}}'))


def needs_of(text: str, known: Iterable[Need] = ()) -> list[Need]:
    """Return the needs of the template when it has the same answer for each of `known`."""
    result = parse(text, "t").render(dict.fromkeys(known, SECRET))
    assert isinstance(result, Missing)
    return list(result.needs)


def answered(text: str) -> tuple[str, list[tuple[Need, ...]]]:
    """The output with ANSWERS, and the questions of each round."""
    rounds = parse(text, "t").rounds()
    questions = []
    try:
        wanted = next(rounds)
        while True:
            questions.append(wanted)
            wanted = rounds.send({need: ANSWERS[need] for need in wanted})
    except StopIteration as done:
        output: Rendered = done.value
    return output.text, questions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{{ secret "kv/a" }}', [Read("kv/a")]),
        ('{{ secret " /kv/a/ " }}', [Read("kv/a")]),
        ('{{ secret "kv/a?version=2" }}', [Read("kv/a", (("version", "2"),))]),
        ('{{ secret "kv/a%20b#c" }}', [Read("kv/a b")]),
        ('{{ secrets "kv/" }}', [List("kv")]),
        ('{{ secret "kv/a" "x=1" " y = 2=3 " "" }}', [Write("kv/a", (("x", "1"), ("y", "2=3")))]),
        ('{{ pkiCert "pki/issue/x" "cn=a" }}', [Certificate("pki/issue/x", (("cn", "a"),))]),
        ('{{ secret "kv/a" }}{{ secret "kv/b" }}{{ secret "kv/a" }}', [Read("kv/a"), Read("kv/b")]),
    ],
)
def test_a_template_needs_the_paths_that_it_names(text: str, expected: list[Need]) -> None:
    assert needs_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{{ with secret "kv/a" }}{{ secret .Data.next }}{{ else }}{{ secret "kv/else" }}{{ end }}',
        '{{ $a := secret "kv/a" }}{{ secret $a.Data.next }}{{ if $a.Data.on }}{{ secret "kv/c" }}{{ end }}',
        '{{ $p := (secret "kv/a").Data.k }}{{ secret "transit/encrypt" (printf "plaintext=%s" $p) }}',
        '{{ range $k, $v := (secret "kv/a").Data }}{{ secret $k }}{{ end }}',
        '{{ $x := "kv/x" }}{{ with secret "kv/a" }}{{ $x = .Data.next }}{{ end }}{{ secret $x }}',
        '{{ $x := "kv/x" }}{{ if (secret "kv/a").Data.on }}{{ $x = "kv/y" }}{{ end }}{{ secret $x }}',
        '{{ scratch.Set "p" (secret "kv/a").Data.next }}{{ secret (scratch.Get "p") }}',
        '{{ define "t" }}{{ (secret "kv/a").Data.next }}{{ end }}{{ secret (executeTemplate "t") }}',
        '{{ range loop 2 }}{{ if (secret "kv/a").Data.on }}{{ break }}{{ end }}{{ secret "kv/never" }}{{ end }}',
        '{{ and (secret "kv/a") (secret "kv/b") }}',
        '{{ print ($x := (secret "kv/a").Data.next) }}{{ secret $x }}',
    ],
)
def test_a_need_that_depends_on_a_missing_answer_is_not_listed(text: str) -> None:
    assert needs_of(text) == [Read("kv/a")]


def test_a_write_that_vault_answers_with_nothing_brings_nil() -> None:
    need = Write("kv/a", (("x", "1"),))
    text = '{{ with secret "kv/a" "x=1" }}{{ .Data }}{{ else }}none{{ end }}'
    for body, output in (({}, "none"), ({"data": {"k": "v"}}, "map[k:v]")):
        result = parse(text, "t").render({need: answers.value_of(need, body)})
        assert isinstance(result, Rendered)
        assert result.text == output


def test_needs_of_one_path_are_told_apart() -> None:
    versions = (Read("a"), Read("a", (("version", "1"),)))
    assert len({*versions, Write("a", ()), Write("a", (("k", "v"),)), List("a"), Certificate("a", ())}) == 6
    assert {Read("a"), Read("a")} == {Read("a")}


@pytest.mark.parametrize(
    "value", ['"text"', "[1]", "7", "true", '{"metadata": [], "keys": 7, "ca_chain": 7}']
)
@pytest.mark.parametrize("need", [Read("a"), Write("a", ()), List("a"), Certificate("a", ())], ids=repr)
def test_an_answer_of_another_form_is_no_unexpected_error(need: Need, value: str) -> None:
    body = {name: loads(value.encode()) for name in ("data", "auth", "wrap_info", "warnings")}
    assert printed(answers.value_of(need, body))


@pytest.mark.parametrize(("text", "output"), [("ŻİX", "żix"), ("İ" * 5000, "i" * 5000)])
def test_a_small_letter_is_that_of_gos_tables(text: str, output: str) -> None:
    result = parse(f'{{{{ toLower "{text}" }}}}', "t").render({})
    assert isinstance(result, Rendered)
    assert result.text == output


def test_needs_that_depend_on_no_answer_are_in_the_first_round() -> None:
    text = '{{ with secret "kv/a" }}{{ .Data }}{{ end }}{{ range secrets "kv" }}{{ end }}{{ $w := secret "w" "a=b" }}'
    assert needs_of(text) == [Read("kv/a"), List("kv"), Write("w", (("a", "b"),))]


def test_a_variable_of_a_missing_answer_is_no_error() -> None:
    assert needs_of(
        '{{ $a := secret "kv/a" }}{{ len $a.Data.k }}{{ $a = secret "kv/b" }}{{ $a | toJSON }}'
    ) == [
        Read("kv/a"),
        Read("kv/b"),
    ]


def test_an_error_that_depends_on_no_answer_is_raised_in_the_first_round() -> None:
    with pytest.raises(NamedTemplateError, match="template t, line 1, column 32: error calling len"):
        parse('{{ secret "w" "a=b" }}      {{ len 1 }}', "t").render({})


def test_nested_needs_have_a_round_for_each_level() -> None:
    text = '{{ range secrets "kv/metadata" }}{{ with secret (printf "kv/data/%s" .) }}{{ .Data.data.v }},{{ end }}{{ end }}'
    assert answered(text) == (
        "of x,of y,",
        [(List("kv/metadata"),), (Read("kv/data/x"), Read("kv/data/y"))],
    )


def test_rounds_end_with_the_output_of_all_answers_at_once() -> None:
    generator = Generator(5)
    compared = 0
    for _ in range(300):
        source = generator.source()
        missing_key = ERROR if source.error_on_missing_key else ZERO
        try:
            template = parse(source.text, "t", source.left, source.right)
            at_once = template.render(ANSWERS, missing_key=missing_key)
        except NamedTemplateError:
            continue
        rounds = template.rounds(missing_key=missing_key)
        try:
            wanted = next(rounds)
            while set(wanted) <= ANSWERS.keys():
                wanted = rounds.send({need: ANSWERS[need] for need in wanted})
        except StopIteration as done:
            assert isinstance(at_once, Rendered)
            assert done.value.text == at_once.text
            compared += 1
    assert compared > 100


def test_a_template_leaves_the_answers_as_they_are() -> None:
    text = '{{ with secret "kv/data/app" }}{{ mergeMap .Data.data.obj .Data.data.flat }}{{ scratch.Set "o" .Data.data.nested }}'
    text += '{{ scratch.MapSet "o" "new" 1 }}{{ .Data.data.nested.new }}{{ end }}'
    before = repr(ANSWERS[Read("kv/data/app")].fields["Data"])  # type: ignore[attr-defined]
    assert answered(text)[0].endswith("1")
    assert repr(ANSWERS[Read("kv/data/app")].fields["Data"]) == before  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{{ secret "" }}', "the path is empty"),
        ('{{ secret "kv/%zz" }}', "begins an escape"),
        ('{{ secret "a:b/c" }}', "has no colon"),
        ('{{ secret "kv/a" "s3cret" }}', 'argument 2 is not a pair: write "key=value"'),
        ('{{ pkiCert "pki" "s3cret" }}', 'argument 2 is not a pair: write "key=value"'),
        ("{{ secrets `\n` }}", "the path is empty"),
        ("{{ secrets `a\nb` }}", "cannot be printed"),
    ],
)
def test_a_malformed_request_is_an_error_without_its_values(text: str, message: str) -> None:
    with pytest.raises(NamedTemplateError, match=message) as refusal:
        parse(text, "t").render({})
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', "inserted more than"),
        ('{{ executeTemplate "" }}', "inserted more than"),
        ("{{ range loop 100000000 }}{{ end }}", "too many steps"),
        ("{{ range 100000000 }}{{ range 100000000 }}x{{ end }}{{ end }}", "longer than|too many steps"),
        ('{{ $x := "xxxxxxxxxxxxxxxx" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}', "longer than"),
        (
            '{{ scratch.MapSet "a" "b" 1 }}{{ scratch.MapSet "a" "b" (scratch.Get "a") }}{{ scratch.Get "a" }}',
            ".",
        ),
        (
            '{{ range $i := loop 2000 }}{{ with secret (printf "kv/%d" $i) }}{{ end }}{{ end }}',
            "more than 1000 things",
        ),
        ("{{ indent 1000000000 `a` }}", "longer than"),
        (
            "{{ regexMatch `(a*)*(a*)*(a*)*(a*)*b` (printf `%0100000d` 1 | replaceAll `0` `a`) }}",
            "too many steps",
        ),
        ("{{ parseJSON (printf `%0500000d` 1 | replaceAll `0` `[`) }}", "longer than|not JSON"),
        ("{{ parseYAML (printf `%0500d` 1 | replaceAll `0` `[`) }}", "nested too deeply"),
    ],
)
def test_a_greedy_template_ends_in_an_error(text: str, message: str) -> None:
    with pytest.raises(NamedTemplateError, match=message):
        parse(text, "t").render({})


def test_endless_rounds_of_needs_end() -> None:
    rounds = parse(
        '{{ range loop 99 }}{{ scratch.Set "p" (secret (scratch.Get "p" | print)).Data.next }}{{ end }}', "t"
    ).rounds()
    wanted = next(rounds)
    with pytest.raises(NamedTemplateError, match="answers, each for the next question, are too many"):
        for number in range(99):
            wanted = rounds.send(
                {need: answers.secret({"data": {"next": f"kv/{number}"}}) for need in wanted}
            )


def test_all_rounds_share_their_work() -> None:
    work = Work(20_000)
    template = parse('{{ range loop 200 }}{{ end }}{{ with secret "kv/a" }}{{ end }}', "t")
    rounds = template.rounds(work=work)
    with pytest.raises(NamedTemplateError, match="too many steps"):
        rounds.send({next(rounds)[0]: SECRET})


def test_errors_say_template_line_and_column() -> None:
    with pytest.raises(NamedTemplateError) as refusal:
        parse("a\n\n  é {{ len 1 }}", "config.env").render({})
    error = refusal.value
    assert (error.name, error.line, error.column) == ("config.env", 3, 8)
    assert str(error) == "template config.env, line 3, column 8: error calling len: len of type int"


def test_a_template_longer_than_64_kib_is_refused() -> None:
    parse("x" * 65_536, "t")
    with pytest.raises(NamedTemplateError, match="longer than 65536 characters"):
        parse("x" * 65_537, "t")


def pieces(text: str) -> list[tuple[str, bool]]:
    """The output for the secret, in pieces."""
    result = parse('{{ with secret "kv/a" }}' + text + "{{ end }}", "t").render({Read("kv/a"): SECRET})
    assert isinstance(result, Rendered)
    return [(piece.text, piece.is_value) for piece in result.pieces if piece.text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a={{ .Data.k }}", [("a=", False), ("v", True)]),
        (
            '{{ "a\\n" }}{{ $x := "b" }}{{ $x }}{{ toUpper "c" }}',
            [("a\n", False), ("b", False), ("C", False)],
        ),
        (
            '{{ printf "%s=%s\\n" "k" .Data.k }}',
            [("", False), ("k", False), ("=", False), ("v", True), ("\n", False)][1:],
        ),
        ('{{ println "k=" .Data.k }}', [("k=", False), (" ", False), ("v", True), ("\n", False)]),
        ('{{ print .Data.k "x" }}', [("v", True), ("x", False)]),
        ('{{ printf "%5s" .Data.k }}', [("    v", True)]),
        ("{{ printf .Data.k }}", [("v", True)]),
        ('{{ join "\\n" (split "," "a,b") }}', [("a", False), ("\n", False), ("b", False)]),
        ('{{ split "," .Data.k | join "\\n" }}', [("v", True)]),
        ('{{ replaceAll "v" "\\n" .Data.k }}', [("\n", True)]),
        ("{{ .Data | toJSON }}", [('{"k":"v","next":"kv/b","on":true}', True)]),
        ('{{ range $k, $v := parseJSON `{"a":"b"}` }}{{ $k }}{{ end }}', [("a", True)]),
    ],
)
def test_pieces_separate_text_of_the_template_from_values(
    text: str, expected: list[tuple[str, bool]]
) -> None:
    assert pieces(text) == expected


def test_inserted_templates_keep_their_pieces() -> None:
    text = '{{ define "t" }}x={{ .Data.k }}\n{{ end }}{{ with secret "kv/a" }}{{ template "t" . }}{{ executeTemplate "t" . }}{{ end }}'
    result = parse(text, "t").render({Read("kv/a"): SECRET})
    assert isinstance(result, Rendered)
    assert [(piece.text, piece.is_value) for piece in result.pieces] == [
        ("x=", False),
        ("v", True),
        ("\n", False),
    ] * 2


def test_nothing_shows_a_value() -> None:
    result = parse('{{ with secret "kv/a" }}a={{ .Data.k }}{{ end }}', "t").render({Read("kv/a"): SECRET})
    assert isinstance(result, Rendered)
    assert repr(result) == "Rendered(2 pieces)"
    assert [repr(piece) for piece in result.pieces] == [
        "Piece('a=', is_value=False)",
        "Piece(…, is_value=True)",
    ]
    assert repr(needs.write("kv/a", ["a=s3cret"])) == "Write(path='kv/a', keys=['a'])"
    assert Piece("a", True) != Piece("a", False)


def test_a_list_is_answered_with_its_names() -> None:
    result = parse('{{ range secrets "kv" }}{{ . }};{{ end }}', "t").render({List("kv"): Strings(["a", "b"])})
    assert isinstance(result, Rendered)
    assert result.text == "a;b;"


def test_the_time_is_that_of_the_caller() -> None:
    result = parse('{{ timestamp }} {{ timestamp "unix" }} {{ timestamp "2006-01-02" }}', "t").render(
        {}, now_s=1_700_000_000.5
    )
    assert isinstance(result, Rendered)
    assert result.text == "2023-11-14T22:13:20Z 1700000000 2023-11-14"


def test_no_message_holds_a_value() -> None:
    values = [text for text in APP.values() if isinstance(text, str) and len(text) > 4]
    generator = Generator(6)
    refused = 0
    for _ in range(1500):
        source = generator.source()
        try:
            parse(source.text, "t", source.left, source.right).render(ANSWERS)
        except NamedTemplateError as error:
            refused += 1
            assert not any(value in str(error) for value in values)
    assert refused > 300


def test_an_error_of_rendering_has_its_remedy() -> None:
    with pytest.raises(NamedTemplateError, match=r"got json\.Number; print makes a text of it"):
        parse('{{ (secret "kv/data/numbers").Data.data.exact | base64Encode }}', "t").render(ANSWERS)
    with pytest.raises(
        NamedTemplateError, match='nothing has a key "y": the key before it is missing or null'
    ):
        parse('{{ with secret "kv/data/numbers" }}{{ .Data.data.x.y }}{{ end }}', "t").render(ANSWERS)
