"""Log lines to a syslog server over UDP (RFC 3164), without confirmation."""

import time
from _socket import SOCK_DGRAM, getaddrinfo, socket

from vaultenv.basics.host import SYSLOG_PORT, host_and_port

# Facility user (1), severities of debug, info, warn and error.
_PRIORITIES = (15, 14, 12, 11)


def send(server: str, level: int, line: bytes) -> None:
    """Send a line to `host[:port]`; ignore errors, because the line is on standard error already."""
    found = host_and_port(server, SYSLOG_PORT)
    if found is None:
        return
    host, port = found
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
    packet = f"<{_PRIORITIES[level]}>{stamp} vault-env: ".encode() + line
    try:
        family, kind, protocol, _, target = getaddrinfo(host.encode(), port, 0, SOCK_DGRAM)[0]
        datagram = socket(family, kind, protocol)
        datagram.sendto(packet, target)
        datagram.close()
    except OSError:
        return
