"""Variables in the output of a template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.template.consul.environment import InvalidLine, variables
from vaultenv.template.pieces import Piece


def own(text: str) -> Piece:
    return Piece(text, is_value=False)


def value(text: str) -> Piece:
    return Piece(text, is_value=True)


def pairs(*pieces: Piece) -> list[tuple[str, str]]:
    return [(variable.name, variable.value) for variable in variables(pieces)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", [("A", "b")]),
        ("A=b\nC=d\n", [("A", "b"), ("C", "d")]),
        ("A=b\r\nC=d\r\n", [("A", "b"), ("C", "d")]),
        ("\n  # note A=b\n\n  A = b  \n", [("A", "b")]),
        ("export A=b\nexport\tC=d", [("A", "b"), ("C", "d")]),
        ("export=b", [("export", "b")]),
        ("exported=b", [("exported", "b")]),
        ("A=", [("A", "")]),
        ("A=b=c", [("A", "b=c")]),
        ("A=\"b c\"\nD='e'", [("A", "b c"), ("D", "e")]),
        ('A=""', [("A", "")]),
        ('A="b\'c"', [("A", "b'c")]),
        ('A="b"c"', [("A", 'b"c')]),
        ('A=b"c"', [("A", 'b"c"')]),
        ('A="b" # note', [("A", "b")]),
        ("A=b # no note", [("A", "b # no note")]),
        ('A="b\nc"\nD=e', [("A", "b\nc"), ("D", "e")]),
        ("A=b\nA=c", [("A", "b"), ("A", "c")]),
        ("a.b-c=d", [("a.b-c", "d")]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_lines_of_a_template_become_variables(text: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(own(text)) == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((own("A="), value("x\nB=y"), own("\nC=d")), [("A", "x\nB=y"), ("C", "d")]),
        ((own('A="'), value('x"\n'), own('"\n')), [("A", 'x"\n')]),
        ((own("A="), value('"x"')), [("A", '"x"')]),
        ((own("A="), value("  x  "), own("  ")), [("A", "  x  ")]),
        ((own("A='"), value("it's"), own("'")), [("A", "it's")]),
        ((own("A="), value("#x")), [("A", "#x")]),
        ((value("A"), own("="), value("x=y")), [("A", "x=y")]),
        ((value("#A"), own("="), value("x")), [("#A", "x")]),
        ((value("export A"), own("="), value("x")), [("export A", "x")]),
        ((value("A=b"), own("\n"), value("C=d\nE=f")), [("A", "b"), ("C", "d\nE=f")]),
        ((own("A="), value("\udc80\udcff")), [("A", "\udc80\udcff")]),
        ((own("A="), value("one"), own(" "), value("two"), own("\n")), [("A", "one two")]),
    ],
)
def test_a_value_is_never_split_into_variables(
    pieces: tuple[Piece, ...], expected: list[tuple[str, str]]
) -> None:
    assert pairs(*pieces) == expected


@pytest.mark.parametrize(
    ("pieces", "line", "message"),
    [
        ((own("A=b\n\ns3cret\n"),), 3, "line 3 of the output has no ="),
        ((own("A=b\n"), value("s3cret\ns3cret")), 2, "line 2 of the output has no ="),
        ((own("A="), value("x\n\n\n"), own("\n=s3cret")), 2, "has no name before its ="),
        ((value("s3cret=x"), own("="), value("y")), 1, "has a name with a ="),
        ((value("s3cret\n"), own("=y")), 1, "control character"),
        ((value(" s3cret"), own("=y")), 1, "a blank at an end"),
        ((own('A="s3cret\nB=c\n'),), 1, 'opens a quote " that is not closed'),
        ((own('B=c\nA="s3cret"x\n'),), 2, "is not closed at the end of a line"),
        ((own("A="), value("s3cret\0")), 1, "NUL"),
    ],
)
def test_a_line_that_is_no_variable_is_refused_by_its_number_only(
    pieces: tuple[Piece, ...], line: int, message: str
) -> None:
    with pytest.raises(InvalidLine, match=message) as refusal:
        variables(pieces)
    assert refusal.value.line == line
    assert "s3cret" not in str(refusal.value)


def test_a_variable_shows_its_name_and_line_only() -> None:
    (variable,) = variables([own("\nA="), value("s3cret")])
    assert repr(variable) == "Variable('A', line=2)"


NAME = st.text("ABC_09", min_size=1, max_size=4)
ANYTHING = st.text(st.characters(exclude_characters="\0"), max_size=12)


@given(st.lists(st.tuples(NAME, ANYTHING, st.sampled_from(["", '"', "'"]))))
def test_any_content_of_a_secret_stays_whole(secrets: list[tuple[str, str, str]]) -> None:
    pieces = [
        piece
        for name, secret, quote in secrets
        for piece in (own(f"{name}={quote}"), value(secret), own(f"{quote}\n"))
    ]
    assert pairs(*pieces) == [(name, secret) for name, secret, _ in secrets]
