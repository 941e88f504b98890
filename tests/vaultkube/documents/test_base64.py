"""Base64 is read as Go reads it from JSON, and written without line breaks."""

import pytest

from vaultkube.documents.base64 import decoded, encoded


@pytest.mark.parametrize("text", ["dmF1bHQ6YSNi", "dmF1bHQ6YSNi\n", "dmF1\nbHQ6\r\nYSNi\r\n"])
def test_line_breaks_count_for_nothing(text: str) -> None:
    assert decoded(text) == b"vault:a#b"
    assert encoded(b"vault:a#b") == "dmF1bHQ6YSNi"


@pytest.mark.parametrize(
    "text", ["dmF1 bHQ6", "dmF1\tbHQ6", "a", "%%", "dmF1bHQ6YSNi\u00e9", "a===", "YWJj=", None, 1]
)
def test_all_else_that_go_refuses_is_no_base64(text: object) -> None:
    assert decoded(text) is None
