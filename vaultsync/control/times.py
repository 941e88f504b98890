"""Times: when an object is looked at again, spread so that many of them are no burst. Pure; `chance` is from 0 to 1."""

import math
import zlib

NEVER = math.inf
_DEFAULT_REFRESH_S = 60.0
_SHORTEST_S = 1.0
_PAUSE_S = 5.0
_FIRST_RETRY_S, _LONGEST_RETRY_S, _LONGEST_WASTE_S = 5.0, 60.0, 600.0


def refresh_s(refresh_after_s: float | None, hmac: bool, chance: float) -> float:
    """Return the seconds until a static secret is read again: refreshAfter minus 10 to 20 %.

    Without refreshAfter that of a minute where an HMAC tells changes, else never. It is a second at least.
    """
    if refresh_after_s is None or refresh_after_s <= 0:
        return _sooner(_DEFAULT_REFRESH_S, chance) if hmac else NEVER
    return _sooner(refresh_after_s, chance)


def retry_s(failures: int, chance: float, *, is_waste: bool = False) -> float:
    """Return the seconds until what has failed so often in a row is tried again: from 5 to 60, without an end.

    Where each attempt has Vault issue something in vain it is ten minutes in the end.
    """
    doubled = _FIRST_RETRY_S * 2.0 ** min(max(failures - 1, 0), 8)
    return min(doubled, _LONGEST_WASTE_S if is_waste else _LONGEST_RETRY_S) * (0.8 + 0.2 * chance)


def after_rotation_s(ttl_s: float, chance: float) -> float:
    """Return the seconds until credentials that Vault rotates in `ttl_s` are read: half a second after that, or a bit more."""
    return max(ttl_s, 0.0) + 0.5 + 0.15 * chance


def horizon_s(duration_s: float, percent: int, chance: float) -> float:
    """Return the seconds after which a lease of this duration is renewed: `percent` to `percent` + 10 of it, at least one.

    One of less than a second cannot be renewed: the next credentials are issued after a pause.
    """
    if duration_s < _SHORTEST_S:
        return _PAUSE_S
    wished_s = duration_s * min(percent + 10 * chance, 95.0) / 100
    return max(wished_s, min(_SHORTEST_S, duration_s / 2))


def certificate_s(left_s: float, offset_s: float | None, chance: float) -> float:
    """Return the seconds until a certificate with so much time left is issued anew: `offset_s` before its end.

    Without an offset a tenth of its life before. It is spread over a tenth of the offset, to the earlier side.
    """
    ahead_s = offset_s if offset_s else 0.1 * left_s
    return max(left_s - ahead_s * (1 + 0.1 * chance), 0.0)


def chance_of(text: str) -> float:
    """Return a number from 0 to 1 that is the text's own, also after a restart."""
    return zlib.crc32(text.encode()) / (1 << 32)


def _sooner(seconds: float, chance: float) -> float:
    return max(seconds * (0.9 - 0.1 * chance), _SHORTEST_S)
