"""Log lines to a syslog server over UDP (RFC 3164), without confirmation."""

import time
from _socket import SOCK_DGRAM, getaddrinfo, socket

# Facility user (1), severities of debug, info, warn and error.
_PRIORITIES = (15, 14, 12, 11)
_PORT = "514"


def send(server: str, level: int, line: bytes) -> None:
    """Send a line to `host:port`; ignore errors, because the line is on standard error already."""
    host, _, port = server.rpartition(":") if ":" in server else (server, "", _PORT)
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
    packet = f"<{_PRIORITIES[level]}>{stamp} vault-env: ".encode() + line
    try:
        found = getaddrinfo(host.strip("[]").encode(), port.encode(), 0, SOCK_DGRAM)
        family, kind, protocol, _, target = found[0]
        datagram = socket(family, kind, protocol)
        datagram.sendto(packet, target)
        datagram.close()
    except (OSError, UnicodeError):
        return
