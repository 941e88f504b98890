"""Times: seconds until the next work on an object, spread to avoid bursts. Pure; `chance` is from 0 to 1."""

import math
import zlib

NEVER = math.inf
_DEFAULT_REFRESH_S = 60.0
_SHORTEST_S = 1.0
_PAUSE_S = 5.0
_FIRST_RETRY_S, _LONGEST_RETRY_S, _LONGEST_WASTE_S = 5.0, 60.0, 600.0


def refresh_s(refresh_after_s: float | None, hmac: bool, chance: float) -> float:
    """Return the seconds until a static secret is read again: refreshAfter minus 10 to 20 %.

    Without refreshAfter the same of a minute if an HMAC shows changes, else never. It is a second at least.
    """
    if refresh_after_s is None or refresh_after_s <= 0:
        return _sooner(_DEFAULT_REFRESH_S, chance) if hmac else NEVER
    return _sooner(refresh_after_s, chance)


def retry_s(failures: int, chance: float, *, is_waste: bool = False) -> float:
    """Return the seconds until the next attempt after so many failures in a row: about 5, doubled each time, up to 60.

    It is up to ten minutes if each attempt has Vault issue credentials that nobody uses.
    """
    doubled = _FIRST_RETRY_S * 2.0 ** min(max(failures - 1, 0), 8)
    return min(doubled, _LONGEST_WASTE_S if is_waste else _LONGEST_RETRY_S) * (0.8 + 0.2 * chance)


def after_rotation_s(ttl_s: float, chance: float) -> float:
    """Return the seconds until credentials are read that Vault rotates in `ttl_s`: about half a second after that."""
    return max(ttl_s, 0.0) + 0.5 + 0.15 * chance


def horizon_s(duration_s: float, percent: int, chance: float) -> float:
    """Return the seconds after which a lease is renewed: `percent` to `percent` + 10 % of its duration, at least one.

    A lease of less than a second cannot be renewed: the next credentials are issued after a pause.
    """
    if duration_s < _SHORTEST_S:
        return _PAUSE_S
    wished_s = duration_s * min(percent + 10 * chance, 95.0) / 100
    return max(wished_s, min(_SHORTEST_S, duration_s / 2))


def certificate_s(left_s: float, offset_s: float | None, chance: float) -> float:
    """Return the seconds until a certificate with so much time left is reissued: `offset_s` before its end.

    Without an offset it is a tenth of that time before its end. The result is spread to up to a tenth of the offset earlier.
    """
    ahead_s = offset_s if offset_s else 0.1 * left_s
    return max(left_s - ahead_s * (1 + 0.1 * chance), 0.0)


def chance_of(text: str) -> float:
    """Return a number from 0 to 1 that is the text's own, also after a restart."""
    return zlib.crc32(text.encode()) / (1 << 32)


def _sooner(seconds: float, chance: float) -> float:
    return max(seconds * (0.9 - 0.1 * chance), _SHORTEST_S)
