"""Certificates: their validity, and the certificate in a file that was written earlier.

Only the dates and names of X.509 are parsed (RFC 5280, section 4.1), in DER (X.690) inside PEM (RFC 7468).
"""

from __future__ import annotations

from binascii import Error as NotBase64
from binascii import a2b_base64

from vaultenv.basics.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"
_CERTIFICATE = "CERTIFICATE"
_KEYS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
_VERSION, _UTC_TIME = 0xA0, 0x17
_LONG = 0x80
_DAY_S = 86_400


class Certificate(Record):
    """A certificate: its PEM text, its dates in seconds since 1970, and its issuer and subject, encoded."""

    __slots__ = ("issuer", "not_after_s", "not_before_s", "pem", "subject")

    def __init__(
        self, pem: str, not_before_s: float, not_after_s: float, issuer: bytes, subject: bytes
    ) -> None:
        self.pem = pem
        self.not_before_s = not_before_s
        self.not_after_s = not_after_s
        self.issuer = issuer
        self.subject = subject


def parse_certificate(pem: str) -> Certificate | None:
    """Return the first certificate of a PEM text; None if none can be read."""
    return next(_certificates(pem), None)


def held_in(text: str) -> tuple[Certificate, Mapping[str, Any]] | None:
    """Return the certificate in the text of a file, and the answer with which Vault issued it.

    None unless the text has one key, and exactly one certificate that issued no other certificate in the text.
    """
    keys = list(dict.fromkeys(block for label, block in _blocks(text) if label in _KEYS))
    found = list(dict.fromkeys(_certificates(text)))
    issuers = {one.issuer for one in found if one.issuer != one.subject}
    leaves = [one for one in found if one.subject not in issuers]
    if len(keys) != 1 or len(leaves) != 1:
        return None
    leaf = leaves[0]
    others = [one for one in found if one is not leaf]
    issuer = next((one.pem for one in others if one.subject == leaf.issuer), "")
    data = {
        "certificate": leaf.pem,
        "private_key": keys[0],
        "issuing_ca": issuer,
        "ca_chain": [one.pem for one in others],
    }
    return leaf, {"data": data}


def _certificates(text: str) -> Iterator[Certificate]:
    for label, block in _blocks(text):
        certificate = _parsed(block) if label == _CERTIFICATE else None
        if certificate:
            yield certificate


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of each PEM block."""
    at = text.find(_BEGIN)
    while at >= 0:
        label = text[at + len(_BEGIN) :].partition(_DASHES)[0]
        end_mark = f"{_END}{label}{_DASHES}"
        end = text.find(end_mark, at)
        if end < 0:
            return
        end += len(end_mark)
        yield label, text[at:end]
        at = text.find(_BEGIN, end)


def _parsed(block: str) -> Certificate | None:
    body = block.partition("\n")[2].rpartition("\n")[0]
    try:
        certificate = _children(a2b_base64(body))[0][1]
        fields = _children(_children(certificate)[0][1])
        issuer, validity, subject = _names_and_dates(fields)
        not_before, not_after = _children(validity)
        return Certificate(block, _date_s(*not_before), _date_s(*not_after), issuer, subject)
    except (NotBase64, IndexError, ValueError):
        return None


def _names_and_dates(fields: Sequence[tuple[int, bytes]]) -> tuple[bytes, bytes, bytes]:
    """Return the content of issuer, validity and subject, which follow the serial number and the algorithm."""
    first = 1 if fields[0][0] == _VERSION else 0
    return fields[first + 2][1], fields[first + 3][1], fields[first + 4][1]


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Return the tag and the content of each element, in order; raise IndexError or ValueError."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= _LONG:
            size = length - _LONG
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("not DER")
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _date_s(tag: int, content: bytes) -> float:
    """Return a UTCTime or GeneralizedTime, in seconds since 1970."""
    text = content.decode("ascii", "replace")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    year, month, day, hour, minute, second = (
        int(text[:4]),
        *(int(text[at : at + 2]) for at in range(4, 14, 2)),
    )
    return float(_days(year, month, day) * _DAY_S + hour * 3600 + minute * 60 + second)


def _days(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01 (http://howardhinnant.github.io/date_algorithms.html, days_from_civil)."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
