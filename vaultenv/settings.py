"""The values of the variables of `vaultenv.variables` in one environment."""

from __future__ import annotations

from vaultenv.basics.text import NotUtf8, decoded
from vaultenv.errors import InvalidSetting
from vaultenv.variables import VARIABLES, Variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vaultenv.variables import Variable

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


class Settings(Variables):
    """The launcher's settings, created once and never changed; their repr shows no value, as one is a token.

    A variable that is not set, or empty, has its default. Raises InvalidSetting with the variable's name and the accepted
    values.
    """

    def __init__(self, environ: Mapping[bytes, bytes]) -> None:
        self._environ = environ
        for variable in VARIABLES:
            if variable.parse and variable.is_read(self.auth_method):
                self._read(variable, variable.parse)
        self.proxies = {name: self.foreign(name, name.lower()) for name in _PROXIES}
        self.proxies["VAULT_PROXY_ADDR"] = self.proxy
        self.system_ca_file = self.foreign("SSL_CERT_FILE")
        self.system_ca_directories = tuple(filter(None, self.foreign("SSL_CERT_DIR").split(":")))

    def _read(self, variable: Variable, parse: Callable[[str, str], object]) -> None:
        for name in variable.names:
            raw = self._environ.get(name.encode())
            value = parse(name, _decoded(name, raw)) if raw else None
            if value or (raw and name == variable.name):
                setattr(self, variable.field, value)
                return

    def foreign(self, *names: str) -> str:
        """Return the first of these variables that is set, in the table or not, without bytes that are not UTF-8."""
        for name in names:
            if raw := self._environ.get(name.encode()):
                return raw.decode("utf-8", "ignore")
        return ""


def _decoded(name: str, raw: bytes) -> str:
    try:
        return decoded(raw)
    except NotUtf8:
        raise InvalidSetting(f"{name} must be UTF-8 text") from None
