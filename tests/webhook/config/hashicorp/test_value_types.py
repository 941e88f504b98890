"""Types of HashiCorp's values."""

import pytest

from vaultkube.value_types import ValueType
from webhook.config.hashicorp import value_types as types

GOOD = [
    (types.SHELL_WORDS, "/server", ("/server",)),
    (types.SHELL_WORDS, "  ", ()),
    (types.SHELL_WORDS, "/server --name='a b' \"c d\" e\\ f", ("/server", "--name=a b", "c d", "e f")),
    (types.SHELL_WORDS, "sh -c 'echo $HOME; exit'", ("sh", "-c", "echo $HOME; exit")),
    (types.SHELL_WORDS, "/server # text\n --x", ("/server", "#", "text", "--x")),
    (types.SHELL_WORDS, "/server \\\n  --a \\\n  --b\n", ("/server", "--a", "--b")),
    (types.SHELL_WORDS, "/server\r\n", ("/server",)),
    (types.SHELL_WORDS, 'sh -c "echo \\$A \\`id\\` $B"', ("sh", "-c", "echo $A `id` $B")),
    (types.SHELL_WORDS, "[ -f /x ]", ("[", "-f", "/x", "]")),
    (types.LAX_BOOLEAN, "", False),
    (types.LAX_BOOLEAN, "True", True),
    (types.OCTAL, "0640", 0o640),
    (types.OCTAL, "", None),
    (types.OCTAL, "0000", None),
    (types.OCTAL, "00640", 0o640),
    (types.OCTAL, "4755", 0o755),
    (types.OCTAL, "02770", 0o770),
    (types.AUTH_PATH, "auth/kubernetes", "kubernetes"),
    (types.AUTH_PATH, "/auth/a/b/", "a/b"),
    (types.AUTH_PATH, "kubernetes", "kubernetes"),
    (types.LOG_LEVEL, "trace", "debug"),
    (types.LOG_LEVEL, "err", "error"),
    (types.LOG_LEVEL, "WARN", "warn"),
    (types.FRACTION, "0.9", 0.9),
    (types.FRACTION, "1", 1.0),
    (types.JSON_PATCH, '[{"op": "remove", "path": "/x"}]', '[{"op": "remove", "path": "/x"}]'),
    (types.DEFAULT_TEMPLATE, "JSON", "json"),
    (types.CACHE_TOKEN, "Force", "force"),
    (types.CACHE_TOKEN, "1", "true"),
    (types.CACHE_TOKEN, "F", "false"),
]
BAD = [
    (types.SHELL_WORDS, "/server 'a"),
    (types.SHELL_WORDS, "''"),
    (types.SHELL_WORDS, "--install /x"),
    (types.SHELL_WORDS, '["/server", "--port", "80"]'),
    (types.SHELL_WORDS, '["server"]'),
    (types.SHELL_WORDS, "/server a\0b"),
    (types.SHELL_WORDS, "a" * 8193),
    (types.LAX_BOOLEAN, "yes"),
    (types.CACHE_TOKEN, "tRuE"),
    (types.CACHE_TOKEN, ""),
    (types.OCTAL, "0999"),
    (types.OCTAL, "rw"),
    (types.JSON_PATCH, '[{"op": "add", "path": "/x", "value": NaN}]'),
    (types.JSON_PATCH, '[{"op": "add", "path": "/x", "value": 1e999}]'),
    (types.OCTAL, "10640"),
    (types.AUTH_PATH, "a\nb"),
    (types.LOG_LEVEL, "loud"),
    (types.FRACTION, "1.5"),
    (types.FRACTION, "nan"),
    (types.JSON_PATCH, "{}"),
    (types.JSON_PATCH, '["op"]'),
    (types.JSON_PATCH, "[" * 100_000),
    (types.DEFAULT_TEMPLATE, "yaml"),
]


@pytest.mark.parametrize(("of", "text", "value"), GOOD)
def test_a_text_has_a_value(of: ValueType, text: str, value: object) -> None:
    assert of.parse(text) == value


@pytest.mark.parametrize(("of", "text"), BAD)
def test_another_text_is_refused(of: ValueType, text: str) -> None:
    with pytest.raises(ValueError):
        of.parse(text)
