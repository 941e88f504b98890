"""The grammar: references, text that stays, and refusals with their position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import has_reference, parse
from vaultenv.references.parts import Ciphertext, Login, Source, Term, Value


def term(path: str, key: str, version: str = "", default: str | None = None) -> Term:
    return Term(Source(path, version), key, default)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"plain",
        b"Vault:secret/data/a#b",
        b" vault:secret/data/a#b",
        b"vault:8200",
        b"vault:8200/ui",
        b"vault:8200,other:8200",
        b"postgres://vault:secret@host",
        b"{.password}",
        b"${HOME}",
        b"${vault:a#b",
        b"${vault:a#\nb}",
        b"\xff\xfe",
        b"vault: secret/data/a#b",
        b">>vault: a#b",
        b"vault:\n  token: hvs.secret # comment",
        b"vault:\r\n  token: hvs.secret",
        b"vault:\ttoken#x",
        b"vault:secret/data/a\n",
        b"vault:secret/data/a\x7f#b",
        b">>vault:a\0#b",
        b"vault:8200/ui\nother: 1 # x",
        b"see ${vault: the path}",
        b"${vault:a\tb#c}",
        b"${>>vault: a#b}",
        b"\\${vault: a#b}",
    ],
)
def test_text_that_is_no_reference_stays_text(text: bytes) -> None:
    assert parse(text) is None
    assert not has_reference(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"vault:secret/data/account#password", term("secret/data/account", "password")),
        (b"vault:secret/data/account#password#1", term("secret/data/account", "password", "1")),
        (b"vault:secret/data/account#password#-1", term("secret/data/account", "password")),
        (b"vault:8200#key", term("8200", "key")),
        (b"vault:a#we ird", term("a", "we ird")),
        (b"vault:a b/c d#k", term("a b/c d", "k")),
        (b"vault:a#k\n", term("a", "k\n")),
        ("vault:\u00a0a#k".encode(), term("\u00a0a", "k")),
        (b"vault:v1:AAAA\n", Ciphertext("vault:v1:AAAA\n")),
        (b"vault:/a/./b//c/../d/#k", term("a/b/d", "k")),
        (b"vault:a#k#?instead", term("a", "k", default="instead")),
        (b"vault:a#k#2?a#b?c", term("a", "k", "2", "a#b?c")),
        (b"vault:a#k#?", term("a", "k", default="")),
        (b"vault:a#k#?{", term("a", "k", default="{")),
        (b'vault:a#k#1?{"', term("a", "k", "1", default='{"')),
        (b'vault:a#${.x | printf "%s#}"}', term("a", '${.x | printf "%s#}"}')),
        (b"vault:a#${.u}:${.p}#3", term("a", "${.u}:${.p}", "3")),
        (b">>vault:gen/password#value", Term(Source("gen/password", body="{}"), "value")),
        (b'>>vault:p#k#{"length":12}', Term(Source("p", body='{"length":12}'), "k")),
        (b"vault:v1:8SDd...w==", Ciphertext("vault:v1:8SDd...w==")),
        (b"vault:v100:aGVsbG8=", Ciphertext("vault:v100:aGVsbG8=")),
        (b"vault:login", Login()),
    ],
)
def test_a_direct_reference_is_the_whole_value(text: bytes, expected: object) -> None:
    assert parse(text) == Value((expected,), False, (text,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (b"${vault:a#b}", (term("a", "b"),)),
        (b"x${vault:a#b}}y", (b"x", term("a", "b"), b"}y")),
        (b"{${vault:a#b}}", (b"{", term("a", "b"), b"}")),
        (b"${vault:a#${.x | upper}}", (term("a", "${.x | upper}"),)),
        (b"${vault:a#${.u}:${.p}}", (term("a", "${.u}:${.p}"),)),
        (b"${vault:a#b}:${vault:a#c#2}", (term("a", "b"), b":", term("a", "c", "2"))),
        (b"$${vault:a#b}", (b"$", term("a", "b"))),
        (b"\\${vault:a#b}", (b"${vault:a#b}",)),
        (b"\\\\${vault:a#b}", (b"\\", term("a", "b"))),
        (b"${vault:a#k#?{}}", (term("a", "k", default="{}"),)),
        (b"p-${vault:v1:x==}-s", (b"p-", Ciphertext("vault:v1:x=="), b"-s")),
        (b'${>>vault:p#k#{"a":{"b":"}"}}}!', (Term(Source("p", body='{"a":{"b":"}"}}'), "k"), b"!")),
        (b"vault:${vault:a#b}#c", (b"vault:", term("a", "b"), b"#c")),
        (b"\xff${vault:a#b}\xfe", (b"\xff", term("a", "b"), b"\xfe")),
        (b"${vault:a#b}\n${vault:open", (term("a", "b"), b"\n${vault:open")),
        (b"${vault:a b#c}${vault: d}", (term("a b", "c"), b"${vault: d}")),
    ],
)
def test_inline_references_may_be_within_text(text: bytes, parts: tuple[object, ...]) -> None:
    value = parse(text)
    assert value is not None
    assert (value.parts, value.inline) == (parts, True)


def test_each_part_has_its_text_as_written() -> None:
    text = b'<${vault:/a//b/#k#0}\\${vault:x}${>>vault:p#k#{"a": {}}}>'
    value = parse(text)
    assert value is not None
    assert value.texts == (b"<", b"${vault:/a//b/#k#0}", b"${vault:x}", b'${>>vault:p#k#{"a": {}}}', b">")


def test_a_backslash_makes_a_direct_reference_text() -> None:
    assert parse(b"\\vault:a#b") == Value((b"vault:a#b",), False, (b"\\vault:a#b",))


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        (b"vault:", "secret data key or template not defined", 6),
        (b"vault:some/path", "secret data key or template not defined", 15),
        (b"vault:v0:", "secret data key or template not defined", 9),
        (b"vault:a#", "key '' not found under path: a: secret data key or template not defined", 8),
        (b"vault:#b", "the path is empty", 6),
        (b"vault:../sys#b", "the path leads out of Vault's tree", 6),
        (b"vault:a#b#latest", "the version must be a number", 10),
        (b"vault:a#${.b", "a { is not closed", 9),
        (b"vault:a#${.b | f}", 'template: function "f" not defined', 15),
        (b'vault:a#${"b}', "a quote is not closed", 10),
        (b"vault:a\xff#b", "a reference must be UTF-8", 7),
        (b"x${>vault:a#b}", "a write is spelled >>vault:", 0),
        (b"${vault:a}", "secret data key or template not defined", 7),
        (b">>vault:a#b#[1]", "the body of a write must be a JSON object", 12),
    ],
)
def test_a_bad_reference_is_refused_with_its_position(text: bytes, message: str, offset: int) -> None:
    with pytest.raises(InvalidReference, match=message) as refusal:
        parse(text)
    assert refusal.value.offset == offset
    assert has_reference(text)


def test_the_pointer_is_under_the_offending_character() -> None:
    with pytest.raises(InvalidReference) as refusal:
        parse("vault:ä#k#latest".encode())
    assert refusal.value.pointer() == "    vault:ä#k#latest\n              ^"


def test_no_reference_breaks_the_line_of_its_pointer() -> None:
    with pytest.raises(InvalidReference) as refusal:
        parse(b"vault:a#b\nlevel=ERROR#latest")
    assert refusal.value.pointer() == "    vault:a#b…\n              ^"


def test_a_long_reference_is_cut_in_an_error() -> None:
    with pytest.raises(InvalidReference) as refusal:
        parse(b"vault:" + b"x" * 100_000)
    assert refusal.value.reference == f"vault:{'x' * 234}…"
    assert len(str(refusal.value)) < 600


def test_the_body_of_a_write_is_not_shown_in_an_error() -> None:
    with pytest.raises(InvalidReference) as refusal:
        parse(b'>>vault:a#k#{"password":"hunter2"')
    assert "hunter2" not in str(refusal.value)


def test_a_value_has_each_path_and_each_read_once() -> None:
    value = parse(b"${vault:a#k}${vault:./a#l}${vault:a#k#2}${>>vault:b#k}")
    assert value is not None
    assert value.reads() == (("a", ""), ("a", "2"))
    assert value.paths() == ("a", "b")


def test_the_hook_before_each_template_gets_its_length() -> None:
    lengths: list[int] = []
    parse(b"${vault:a#b} ${vault:a#${.b}} ${vault:a#x${.b}y}", before_template=lengths.append)
    parse("vault:a#${printf `é`}".encode(), before_template=lengths.append)
    assert lengths == [5, 7, 13]


def test_the_hook_before_each_inline_reference_can_end_the_parsing() -> None:
    ticks = iter(range(2))
    with pytest.raises(StopIteration):
        parse(b"${vault:a#k}" * 4, lambda: next(ticks))
    assert parse(rb"\${vault:a#k}", lambda: next(ticks)) == parse(rb"\${vault:a#k}")


@given(st.binary(max_size=200))
def test_no_input_ends_in_another_exception(text: bytes) -> None:
    has_reference(text)


_PIECES = st.sampled_from(
    [
        b"${",
        b"vault:",
        b">>",
        b">",
        b"}",
        b"{",
        b"#",
        b'"',
        b"`",
        b"\\",
        b"a/b",
        b"\n",
        b"?",
        b"v1:",
        b"8200",
        b".",
    ]
)


@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_no_mixture_of_the_grammars_pieces_ends_in_another_exception(text: bytes) -> None:
    try:
        value = parse(text)
    except InvalidReference as error:
        assert error.offset <= len(error.reference)
    else:
        assert value is None or value.parts or text.startswith(b"\\")


_NAMES = st.text("abcXYZ09_-./ é", min_size=1, max_size=12).filter(lambda name: name.strip("./"))
_PATHS = _NAMES.filter(lambda path: "vault" not in path and ".." not in path and path[0] != " ")


@given(_PATHS, _NAMES, st.sampled_from(["", "7"]), st.sampled_from([None, "text"]))
def test_a_printed_reference_parses_to_itself(path: str, key: str, version: str, default: str | None) -> None:
    third = version + ("" if default is None else f"?{default}")
    text = f"vault:{path}#{key}" + (f"#{third}" if third else "")
    value = parse(text.encode())
    assert value is not None
    (part,) = value.parts
    assert isinstance(part, Term)
    assert (part.key, part.source.version, part.default) == (key, version, default)
    inline = parse(f"<${{{text}}}>".encode())
    assert inline is not None
    assert inline.parts == (b"<", part, b">")


@pytest.mark.parametrize(
    "text",
    [
        b"https://user:${vault:a/b}:hunter2@host",
        b"${vault:a/b}${vault:c#d}hunter2",
        b"vault:a/b#c#x?hunter2",
        b'>>vault:a#b#["hunter2"]',
        b">>vault:a#b#hunter2",
    ],
)
def test_text_beside_a_malformed_reference_is_not_shown(text: bytes) -> None:
    with pytest.raises(InvalidReference) as error:
        parse(text)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"vault:" + b"a" * 4097 + b"#k", "the path is longer than 4096 characters"),
        (b"${vault:" + b"%25" * 1366 + b"#k}", "the path is longer than 4096 characters"),
        (b"vault:a#k#?" + b"x" * 131_072, "the reference is longer than 131072 bytes"),
        (b"vault:a#${.k}" + b"${" * 70_000, "the reference is longer than 131072 bytes"),
        (b"${vault:a#k}" * 10_002, "more than 10000 references in one value"),
        (b"vault:a#${.k}" + b"x" * 65_536, "template: longer than 65536 characters"),
    ],
)
def test_a_value_too_long_for_a_variable_is_refused_by_its_length(value: bytes, reason: str) -> None:
    with pytest.raises(InvalidReference, match=reason):
        parse(value)
