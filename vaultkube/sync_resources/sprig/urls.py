"""URLs taken apart and put together, as Go's net/url does (https://pkg.go.dev/net/url)."""

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.values import ITEM, kind
from vaultkube.sync_resources.sprig.escapes import Part, escaped, unescaped

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)?:")
_PORT = re.compile(r"(?::[0-9]*)?")
_NO_USERINFO = re.compile(r"[^A-Za-z0-9._:~!$&'()*+,;=%@-]")
_NAMES = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")


def _parse(url: str) -> dict[str, str]:
    parts, userinfo = _parts(url)
    return {**dict.fromkeys((*_NAMES, "hostname"), ""), **parts, "userinfo": userinfo or ""}


def _parts(url: str) -> tuple[dict[str, str], str | None]:
    """Return the parts that are not empty, and the userinfo, None for a URL without an @ before its host."""
    parts: dict[str, str] = {}
    userinfo = None
    rest, _, fragment = url.partition("#")
    if _CONTROL.search(rest):
        raise TemplateError("unable to parse url: a control character")
    if rest == "*":
        parts["path"] = rest
    else:
        parts, userinfo = _before_fragment(rest)
    return {**parts, "fragment": unescaped(fragment, Part.FRAGMENT)}, userinfo


def _before_fragment(url: str) -> tuple[dict[str, str], str | None]:
    scheme, rest = _scheme(url)
    rest, _, query = rest.partition("?")
    parts = {"scheme": scheme.lower(), "query": query}
    if not rest.startswith("/"):
        if scheme:
            return {**parts, "opaque": rest}, None
        if ":" in rest.partition("/")[0]:
            raise TemplateError("unable to parse url: the first path segment cannot contain a colon")
    userinfo = None
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        user, at, address = authority.rpartition("@")
        parts["host"] = _host(parts["scheme"], address)
        parts["hostname"] = _hostname(parts["host"])
        userinfo = _userinfo(user) if at else None
        rest = slash + path
    return {**parts, "path": unescaped(rest, Part.PATH)}, userinfo


def _scheme(url: str) -> tuple[str, str]:
    match = _SCHEME.match(url)
    if match is None:
        return "", url
    if not match[1]:
        raise TemplateError("unable to parse url: missing protocol scheme")
    return match[1], url[match.end() :]


def _userinfo(text: str) -> str:
    """Return the user name and the password with the escapes that they need."""
    if _NO_USERINFO.search(text):
        raise TemplateError("unable to parse url: invalid userinfo")
    name, colon, password = text.partition(":")
    return _in_user(name) + colon + _in_user(password)


def _in_user(text: str) -> str:
    return escaped(unescaped(text, Part.USER), Part.USER)


def _host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise TemplateError("unable to parse url: invalid IP-literal")
    if bracket == 0:
        return _literal(host)
    colon = host.find(":") if scheme in ("http", "https") else host.rfind(":")
    if colon >= 0:
        _check_port(host[colon:])
    return unescaped(host, Part.HOST)


def _literal(host: str) -> str:
    """Return an IPv6 address between brackets, with its zone and port."""
    inside, bracket, port = host[1:].rpartition("]")
    if not bracket:
        raise TemplateError("unable to parse url: missing ']' in host")
    _check_port(port)
    zone = inside.find("%25")
    name = inside if zone < 0 else inside[:zone]
    address = unescaped(name, Part.HOST) + (unescaped(inside[zone:], Part.ZONE) if zone >= 0 else "")
    try:
        IPv6Address(address.partition("%")[0])
    except AddressValueError:
        raise TemplateError("unable to parse url: invalid host") from None
    if address.endswith("%") and address.count("%") == 1:
        raise TemplateError("unable to parse url: invalid host")
    return f"[{address}]{port}"


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port):
        raise TemplateError("unable to parse url: invalid port after host")


def _hostname(host: str) -> str:
    before, colon, port = host.rpartition(":")
    name = before if colon and _PORT.fullmatch(":" + port) else host
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _join(parts: dict[str, Any]) -> str:
    texts = {name: _text(parts, name) for name in _NAMES}
    user = _parts(f"proto://{texts['userinfo']}@host")[1] if texts["userinfo"] else None
    out = texts["scheme"] and texts["scheme"] + ":"
    out += texts["opaque"] or _hierarchical(texts, user)
    out += texts["query"] and "?" + texts["query"]
    return out + (texts["fragment"] and "#" + escaped(texts["fragment"], Part.FRAGMENT))


def _text(parts: dict[str, Any], name: str) -> str:
    value = parts.get(name, "")
    if not isinstance(value, str):
        raise TemplateError(f"{name} must be of type string, but {kind(value)} found")
    return value


def _hierarchical(texts: dict[str, str], user: str | None) -> str:
    scheme, host = texts["scheme"], texts["host"]
    path = texts["path"] if texts["path"] == "*" else escaped(texts["path"], Part.PATH)
    out = ""
    if host or user is not None or (scheme and path):
        out = "//" + ("" if user is None else user + "@") + escaped(host, Part.HOST)
    if path and host and not path.startswith("/"):
        out += "/"
    if not out and not scheme and ":" in path.partition("/")[0]:
        out = "./"
    return out + path


def _joined_size(parts: dict[str, Any]) -> int:
    return ITEM + sum(3 * len(value) for value in parts.values() if isinstance(value, str))


URLS: dict[str, Function] = table({"urlParse": (_parse, "t"), "urlJoin": (_join, "d", _joined_size)})
