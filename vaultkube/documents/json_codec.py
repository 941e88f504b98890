"""JSON for the serving path: msgspec, and the standard library for documents that msgspec refuses.

msgspec preserves integers of any size, which other compiled libraries convert to floats. It refuses a lone surrogate,
which a Go client never sends, but another client may.
"""

import json
from typing import Any

import msgspec

from vaultkube.documents.utf8 import utf8

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def decode(text: bytes) -> Any:
    """Return the document; raise ValueError if it is not JSON, RecursionError if it is nested too deep."""
    try:
        return _decoder.decode(text)
    except ValueError:
        return json.loads(text)


def encode(document: Any) -> bytes:
    """Return the document as UTF-8 without spaces."""
    try:
        return _encoder.encode(document)
    except UnicodeEncodeError:
        return utf8(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
