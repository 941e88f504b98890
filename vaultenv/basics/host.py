"""Hosts and ports in addresses of Vault, proxies and log servers."""

from vaultenv.basics.text import whole_number

_DIGITS = frozenset("0123456789")
_NAME = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._")
_IPV6 = _DIGITS | frozenset("abcdefABCDEF:.")
SYSLOG_PORT = 514
_LONGEST = 253
_LAST_PORT = 65535


def is_host(text: str) -> bool:
    """Return whether the text is a host's name, its IPv4 address, or its IPv6 address without brackets."""
    if ":" in text:
        return _IPV6.issuperset(text) and len(text) <= _LONGEST
    return 0 < len(text) <= _LONGEST and _NAME.issuperset(text) and text[0] != "."


def host_and_port(text: str, implied: int) -> tuple[str, int] | None:
    """Return host and port of `host[:port]`, with an IPv6 address in brackets; None for any other text."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        written = bracket and ":" in host and colon in ("", ":")
    else:
        host, colon, port = text.partition(":")
        written = True
    number = whole_number(port, _LAST_PORT) if colon else implied
    return (host, number) if written and is_host(host) and number else None
