"""Callers: only the API server gets answers.

The answer to a review can contain secrets that its ServiceAccount may read. The API server proves its identity by a
random segment of the path, which is in the webhook configuration and in a Secret of the webhook's own namespace, and by
a client certificate, if the operator has set that up.
https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#authenticate-apiservers
"""

import hmac
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from vaultkube.errors import InvalidSetting
from vaultkube.file_stamp import file_stamp
from webhook.config.path_segments import read_segments

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_REPORT_S = 60.0


class PathSegments:
    """Holds the segments in the lines of a file, which is read again when it changes."""

    def __init__(self, file: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._stamp = file_stamp(file)
        self._next_look = clock() + _LOOK_S
        try:
            self._segments = _read(file)
        except (OSError, ValueError) as error:
            raise InvalidSetting(
                f"PATH_SEGMENTS_FILE={file} cannot be used: {error}; `vault-webhook certificate` makes it"
            ) from None

    def get(self) -> tuple[bytes, ...]:
        """Return the segments; the last valid ones while the file cannot be used."""
        if self._clock() >= self._next_look:
            self._next_look = self._clock() + _LOOK_S
            stamp = file_stamp(self._file)
            if stamp != self._stamp:
                self._stamp = stamp
                with suppress(OSError, ValueError):
                    self._segments = _read(self._file)
        return self._segments


def _read(file: str) -> tuple[bytes, ...]:
    """Return the segments in the file; raise OSError or ValueError if there is none, or one that is malformed."""
    segments = read_segments(Path(file).read_text(encoding="ascii"))
    if not segments:
        raise ValueError("it is empty")
    return tuple(segment.encode("ascii") for segment in segments)


class Callers:
    """Distinguishes the API server from other callers, and counts and reports the others."""

    def __init__(
        self,
        segments: PathSegments | None = None,
        needs_certificate: bool = False,
        count: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`count` is called for each denied caller."""
        self._segments = segments
        self._needs_certificate = needs_certificate
        self._count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._denied = 0
        self._next_report = clock()

    def allows(self, segment: bytes, connection: Any) -> bool:
        """Return whether the caller with this segment (empty for none) on this socket is the API server."""
        if self._segments is not None:
            known = self._segments.get()
            if not sum([hmac.compare_digest(segment, known_segment) for known_segment in known]):
                return False
        elif segment:
            return False
        return not self._needs_certificate or bool(getattr(connection, "getpeercert", dict)())

    def denied(self, source: str) -> None:
        """Count a denied caller, and log it if the last line about one is a minute old."""
        self._count()
        with self._lock:
            self._denied += 1
            if self._clock() < self._next_report:
                return
            self._next_report = self._clock() + _REPORT_S
            count, self._denied = self._denied, 0
        fields = {"source": source, "callers": count}
        _log.warning("callers other than the API server were denied", extra={"fields": fields})
