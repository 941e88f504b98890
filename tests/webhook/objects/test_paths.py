"""What the values of an object read and write."""

from webhook.objects.paths import find_paths, find_written

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
