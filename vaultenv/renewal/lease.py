"""Leases: when to renew one, and whether a renewal still helps
(https://developer.hashicorp.com/vault/docs/concepts/lease).
"""

RENEW_AT = 2 / 3
REPLACE_AT = 9 / 10
_SHRUNK = 1 / 3


class Lease:
    """A lease of a secret or of the token: its duration, and the monotonic time of the grant.

    `lease_id` is "" for the token. Its repr shows nothing.
    """

    __slots__ = ("_granted_at", "_lease_s", "_original_s", "lease_id", "renewable")

    def __init__(self, lease_id: str, lease_s: float, renewable: bool, now: float) -> None:
        self.lease_id = lease_id
        self.renewable = renewable
        self._original_s = self._lease_s = lease_s
        self._granted_at = now

    def due_at(self) -> float:
        """Return the monotonic time of the next action: a renewal, or a replacement."""
        return self._granted_at + self._lease_s * (RENEW_AT if self.renewable else REPLACE_AT)

    def renewed(self, lease_s: float, now: float) -> bool:
        """Record a renewal; return False if Vault grants so little more that the lease is near its max_ttl."""
        self._lease_s = lease_s
        self._granted_at = now
        return lease_s > self._original_s * _SHRUNK

    def end(self) -> None:
        """Stop renewing: the secret is replaced when the lease runs out."""
        self.renewable = False
