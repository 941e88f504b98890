"""The paths that an object's values read and write."""

from collections.abc import Iterator, Mapping

import pytest

from tests.webhook.pods.specs import config_of
from vaultkube.deadline import Deadline
from vaultkube.errors import OutOfTime
from webhook.objects.problems import object_problems, object_warnings
from webhook.objects.references import find_references

VALUES = {
    "read": b"vault:kv//data/./a#k",
    "both": b'${vault:kv/data/a#k} ${>>vault:kv/data/b#k#{"x":"${y}"}}',
    "write": b">>vault:transit/decrypt/key#plaintext",
    "broken": b"vault:kv/data/a",
    "cipher": b"vault:v1:aGVsbG8=",
    "token": b"vault:login",
    "host": b"vault:8200",
}
REFERENCES = find_references(VALUES)


def test_only_values_with_references_are_found() -> None:
    assert REFERENCES.names() == ["both", "broken", "cipher", "read", "token", "write"]
    assert not find_references({"host": VALUES["host"]})


def test_each_reference_gives_its_normalised_path() -> None:
    assert sorted(REFERENCES.paths()) == [
        ("both", "kv/data/a"),
        ("both", "kv/data/b"),
        ("read", "kv/data/a"),
        ("write", "transit/decrypt/key"),
    ]


def test_a_value_that_writes_anywhere_is_a_writing_one() -> None:
    assert REFERENCES.written() == {"both", "write"}


def test_a_ciphertext_requests_the_path_that_decrypts_it() -> None:
    requested = find_references({"cipher": VALUES["cipher"]}).requested(config_of(transit_key_id="shop"))
    assert list(requested) == [("cipher", "transit/decrypt/shop")]


def test_a_value_that_can_never_be_resolved_is_a_problem() -> None:
    config = config_of(vault_serviceaccount="default")
    problems = {found.path: found for found in object_problems({"data": VALUES}, REFERENCES, config, "shop")}
    broken, cipher, token = (problems.pop(("data", name)) for name in ("broken", "cipher", "token"))
    assert not problems
    assert broken.message == (
        "key broken: secret data key or template not defined: write vault:path#key (vault:kv/data/a)"
    )
    assert cipher.message.startswith("key cipher: found encrypted variable, but transit key ID is empty")
    assert token.message.startswith("key token: vault:login is for VAULT_TOKEN only")
    assert (broken.rule, cipher.rule, token.rule) == ("reference", "transit-key", "reference")


def clock() -> Iterator[float]:
    """Return a clock that moves half a second at each look."""
    return (tick / 2 for tick in range(1_000_000))


@pytest.mark.parametrize(
    "values",
    [{f"k{index}": b"vault:a#b" for index in range(1000)}, {"k": b"${vault:a#${.b}}" * 1000}],
)
def test_the_deadline_ends_the_search_between_two_references(values: Mapping[str, bytes]) -> None:
    ticks = clock()
    with pytest.raises(OutOfTime):
        find_references(values, Deadline(10, lambda: next(ticks)))
    assert next(ticks) < 11


@pytest.mark.parametrize(
    "text", [b"x${vault:a#k}" * 3000, b"${vault:a#${.k | printf `" + b"x" * 60_000 + b"`}}"]
)
def test_an_object_with_more_references_than_can_be_held_names_the_first_key_beyond(text: bytes) -> None:
    references = find_references({f"key-{number}": text for number in range(9)})
    (key,) = references.malformed
    assert len(references.parsed) < 9
    assert key == f"key-{len(references.parsed)}"
    assert "more to resolve than one object may ask for" in references.malformed[key]


def test_a_template_counts_before_it_is_parsed_and_ends_the_search_inside_of_a_value() -> None:
    text = b"${vault:a#${range 100000}${print .}${end}}" * 9000 + b"${vault:a#${is no template}}"
    assert find_references({"loops": text, "next": b"vault:a#b"}).malformed == {
        "loops": "with it there is more to resolve than one object may ask for: divide the object"
    }


def test_a_template_above_the_bound_is_not_parsed() -> None:
    source = b"is no template " * 5400
    (reason,) = find_references({"a": b"vault:a#${" + source + b"}"}).malformed.values()
    assert "more to resolve than one object may ask for" in reason


def test_the_problem_of_a_secret_value_is_without_its_text() -> None:
    values = {
        "a": b"vault:hunter2",
        "b": b"vault:a#${hunter2}",
        "c": b"vault:a#hunter2#x",
        "d": b"${vault:hunter2}",
    }
    config = config_of(vault_serviceaccount="default")
    found = list(object_problems({"data": values}, find_references(values, is_secret=True), config, "shop"))
    assert [problem.path for problem in found] == [("data", name) for name in values]
    assert "hunter2" not in str(found)
    assert found[0].message == (
        "key a: it begins as a reference, but is not valid from character 14 on: write vault:path#key"
    )


def test_yaml_is_text_and_an_invisible_end_is_a_warning() -> None:
    values = {"application.yaml": b"vault:\n  token: hvs.x # y\n", "end": b"vault:a#k\n"}
    references = find_references(values)
    assert references.names() == ["end"]
    (warning,) = object_warnings({"data": values}, references)
    assert (warning.rule, warning.path) == ("near-miss", ("data", "end"))
    assert warning.message.startswith("key end: the value ends in an invisible character")
