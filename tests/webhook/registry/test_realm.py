"""URLs of token servers and of redirects."""

import pytest

from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.realm import parse_url
from webhook.registry.reference import Host


def test_a_signed_url_with_a_session_token_is_read() -> None:
    """A token of AWS has up to 4 KiB, and every `/` and `+` in it becomes three characters."""
    url = f"https://bucket.s3.amazonaws.com/blob?X-Amz-Security-Token={'IQoJb3JpZ2lu%2F' * 300}"
    assert parse_url(url) == ("https", Host("bucket.s3.amazonaws.com"), url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/token",
        "//a.b/c",
        "ftp://a.b/c",
        "https://",
        "https://u:p@a.b/c",
        "https://a.b/é",
        "https://a.b:0/",
        f"https://a.b/{'x' * 8192}",
    ],
)
def test_a_text_that_is_no_http_url_is_refused(text: str) -> None:
    with pytest.raises(RegistryFailure) as caught:
        parse_url(text)
    assert caught.value.kind is Kind.INVALID_ANSWER
