"""References of the successor's provider `bao`, `bao:path#key`: OpenBao is read by those of Vault here."""

import re

from webhook.config.annotations import Config

INSTEAD = "a reference to OpenBao begins with vault: here, not with bao:, which would stay as text: write vault:path#key"
MARK = "bao:"
"""The text in every such reference."""
_PREFIX = MARK.encode()
_REFERENCE = re.compile(rb"\A(?:>>)?bao:(?:login\Z|[^#\s]*#)|\$\{(?:>>)?bao:[^#{}\s]*#")


def is_openbao(config: Config) -> bool:
    """Return whether the object, or the operator for it, names the provider for which such references are written."""
    return config.provider == "bao"


def is_reference(value: bytes) -> bool:
    """Return whether the successor reads the value from OpenBao."""
    return _PREFIX in value and _REFERENCE.search(value) is not None
