"""The end of the serving certificate's validity: a metric, a daily warning before it, and not ready after it."""

import datetime
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from vaultkube.documents.times import time_text
from vaultkube.file_stamp import Stamp, file_stamp

_log = logging.getLogger(__name__)
_WARNING_S = 30 * 86_400.0
_DAY_S = 86_400.0
_END = "-----END CERTIFICATE-----"
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_VERSION = 0xA0


class Expiry:
    """Watches the certificate file of the webhook."""

    def __init__(
        self,
        file: str,
        publish: Callable[[float], None],
        clock: Callable[[], float] = time.time,
        remedy: str = "renew it with `vault-webhook certificate`",
        warning_s: float = _WARNING_S,
    ) -> None:
        """Read the certificate's end, and call `publish` with it, in seconds since 1970, at each change of the file.

        `remedy` is the remedy in messages, `warning_s` the time before the end at which warnings begin.
        """
        self._remedy = remedy
        self._warning_s = warning_s
        self._file = file
        self._publish = publish
        self._clock = clock
        self._stamp: Stamp = ()
        self._not_after = float("inf")
        self._next_warning = 0.0
        self._read()

    def problem(self) -> str:
        """Return the message about an expired certificate, an empty text for a valid one; before, warn once a day."""
        self._read()
        now, end = self._clock(), self._not_after
        if end - now < self._warning_s and now >= self._next_warning:
            self._next_warning = now + _DAY_S
            fields = {"not_after": time_text(end), "days": round((end - now) / _DAY_S, 1)}
            _log.warning("the serving certificate ends: %s", self._remedy, extra={"fields": fields})
        if now < end:
            return ""
        return f"the serving certificate has ended {time_text(end)}: {self._remedy}"

    def _read(self) -> None:
        try:
            stamp = file_stamp(self._file)
            if stamp == self._stamp:
                return
            self._not_after = not_after(Path(self._file).read_text(encoding="ascii"))
        except (OSError, ValueError, IndexError):  # the last valid one is served
            return
        self._stamp = stamp
        self._publish(self._not_after)


def not_after(pem: str) -> float:
    """Return the end of the first certificate's validity, in seconds since 1970; raise ValueError if there is none.

    RFC 5280, 4.1: the third element of Certificate's first, or the fourth after an explicit version, is followed by
    Validity. The package cryptography would take 8 MiB of each worker.
    """
    start, end = pem.find("-----BEGIN CERTIFICATE-----"), pem.find(_END)
    if start < 0 or end < 0:
        raise ValueError("no certificate in PEM form")
    certificate = _elements(ssl.PEM_cert_to_DER_cert(pem[start : end + len(_END)]))
    fields = _elements(_elements(certificate[0][1])[0][1])
    validity = fields[4 if fields[0][0] == _VERSION else 3]
    kind, text = _elements(validity[1])[1]
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(kind, "")
    moment = datetime.datetime.strptime(text.decode("ascii"), form)
    return moment.replace(tzinfo=datetime.UTC).timestamp()


def _elements(text: bytes) -> list[tuple[int, bytes]]:
    """Return the tag and the content of each DER element; raise ValueError if the text is not DER."""
    found, position = [], 0
    while position < len(text):
        tag, length, position = text[position], text[position + 1 : position + 2], position + 2
        size = length[0] if length else 0x80
        if size >= 0x80:
            digits = text[position : position + size - 0x80]
            size, position = int.from_bytes(digits, "big"), position + len(digits)
        if position + size > len(text):
            raise ValueError("not DER")
        found.append((tag, text[position : position + size]))
        position += size
    return found
