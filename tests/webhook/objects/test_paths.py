"""What the values of an object read and write."""

from tests.webhook.pods.test_pod import config_of
from webhook.objects.paths import find_asked, find_malformed, find_paths, find_written

VALUES = {
    "read": b"vault:kv//data/./a#k",
    "both": b'${vault:kv/data/a#k} ${>>vault:kv/data/b#k#{"x":"${y}"}}',
    "write": b">>vault:transit/decrypt/key#plaintext",
    "broken": b"vault:kv/data/a",
    "cipher": b"vault:v1:aGVsbG8=",
}


def test_each_reference_gives_its_normalised_path() -> None:
    assert sorted(find_paths(VALUES)) == [
        ("both", "kv/data/a"),
        ("both", "kv/data/b"),
        ("read", "kv/data/a"),
        ("write", "transit/decrypt/key"),
    ]


def test_a_value_that_writes_anywhere_is_a_writing_one() -> None:
    assert find_written(VALUES) == {"both", "write"}


def test_a_ciphertext_asks_for_the_path_that_decrypts_it() -> None:
    asked = find_asked({"cipher": VALUES["cipher"]}, config_of(transit_key_id="shop"))
    assert list(asked) == [("cipher", "transit/decrypt/shop")]


def test_what_can_never_be_resolved_is_named() -> None:
    problems = dict(find_malformed(VALUES, config_of()))
    assert problems.keys() == {"broken", "cipher"}
    assert problems["broken"] == (
        "secret data key or template not defined: write vault:path#key (vault:kv/data/a)"
    )
    assert problems["cipher"].startswith("found encrypted variable, but transit key ID is empty")
