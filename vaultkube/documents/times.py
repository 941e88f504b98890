"""Times in the API server's format (RFC 3339, in UTC), and durations in answers and statuses.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
"""

import datetime

from vaultenv.basics.jsontext import Number

_LONGEST_S = float(1 << 63) / 1e9
"""The longest duration that Go can hold, 292 years."""


def time_text(seconds: float) -> str:
    """Return seconds since 1970 in the form of Kubernetes' Time, without a fraction."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_time_text(seconds: float) -> str:
    """Return seconds since 1970 in the form of Kubernetes' MicroTime."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def seconds_of(value: object) -> float:
    """Return the number of seconds in a value of an answer or a status; 0 for any other value, and beyond Go's range."""
    if isinstance(value, bool) or not isinstance(value, int | float | Number):
        return 0.0
    seconds = float(str(value))
    return seconds if 0 < seconds < _LONGEST_S else 0.0
