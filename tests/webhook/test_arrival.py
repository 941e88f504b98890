"""How much of a request is waited for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.arrival import BODY_LIMIT, HEAD_LIMIT, Arrival, body_length

HEAD = b"POST /pods HTTP/1.1\r\nHost: a\r\nContent-Length: 5"
WHOLE = HEAD + b"\r\n\r\nabcde"


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        (b"Content-Length: 5", 5),
        (b"content-length:5  ", 5),
        (b"Accept: a\r\nCONTENT-LENGTH:\t7\r\nUser-Agent: b", 7),
        (b"", 0),
        (b"X-Content-Length: 5", 0),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", 0),
        (b"Content-Length: 5\r\nExpect: 100-continue", 0),
        (b"Content-Length: 5\r\nContent-Length: 6", 0),
        (b"Content-Length: -5", 0),
        (b"Content-Length: \xb2", 0),
        (f"Content-Length: {BODY_LIMIT}".encode(), BODY_LIMIT),
        (f"Content-Length: {BODY_LIMIT + 1}".encode(), 0),
    ],
)
def test_the_length_of_the_body_to_wait_for(fields: bytes, length: int) -> None:
    assert body_length(b"POST / HTTP/1.1\r\n" + fields) == length


@given(st.lists(st.integers(1, len(WHOLE) - 1), max_size=4).map(sorted))
def test_a_request_is_whole_with_its_last_byte_however_it_comes(cuts: list[int]) -> None:
    arrival = Arrival()
    for start, end in zip([0, *cuts], [*cuts, len(WHOLE) - 1], strict=True):
        arrival.received += WHOLE[start:end]
        assert not arrival.is_whole()
    arrival.received += WHOLE[-1:]
    assert arrival.is_whole()


def test_a_head_that_never_ends_is_handed_over_to_be_refused() -> None:
    arrival = Arrival()
    arrival.received += b"x" * HEAD_LIMIT
    assert not arrival.is_whole()
    arrival.received += b"x"
    assert arrival.is_whole()
