"""Times as the API server writes them: RFC 3339, in UTC.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
"""

import datetime


def time_text(seconds: float) -> str:
    """Return seconds since 1970 in the form of Kubernetes' Time, without a fraction."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_time_text(seconds: float) -> str:
    """Return seconds since 1970 in the form of Kubernetes' MicroTime."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
