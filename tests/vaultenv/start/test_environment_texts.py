"""No text in the environment ends the launcher with a traceback: each is used, or refused in one line."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vaultenv.client.failures import WireFailure
from vaultenv.client.logins import METHODS
from vaultenv.start.launch import run
from vaultenv.variables import VARIABLES

pytestmark = pytest.mark.long

FOREIGN = """
HTTPS_PROXY HTTP_PROXY NO_PROXY https_proxy http_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR AWS_REGION
AWS_ENDPOINT_URL_STS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_EC2_METADATA_SERVICE_ENDPOINT
GCE_METADATA_HOST GCP_IAM_CREDENTIALS_ENDPOINT AZURE_POD_IDENTITY_AUTHORITY_HOST
""".split()  # noqa: SIM905 (a list reads worse)
NAMES = [*(variable.name for variable in VARIABLES), *FOREIGN]
LONG = "9" * 5000
WORDS = 'https:// http:// file:// vault 10.0.0.1 [::1] : / ² ８ 1 ? # @ % \\ .. . , = - a é true { } " ${'
PIECES = st.sampled_from([*WORDS.split(), LONG, " ", "\n", "\r", "\t", "\x7f", "\x85", "\ud800"])
BEGINNINGS = st.sampled_from(
    ["", "", "https://vault:", "https://", "http://proxy:", "10.0.0.0/", "vault:", "/"]
)
TEXTS = st.builds(
    lambda begin, parts: (begin + "".join(parts)).encode("utf-8", "surrogatepass"),
    BEGINNINGS,
    st.lists(PIECES, max_size=4),
)
RAW = st.binary(max_size=12).map(lambda raw: raw.replace(b"\0", b""))
WELL_FORMED = {b"A": b"vault:a/data/b#k", b"VAULT_ENV_TIMEOUT": b"1", b"VAULT_MAX_RETRIES": b"0"}


class Clock:
    """A clock that a pause moves forward at once, so that attempts end with their time limit."""

    def __init__(self) -> None:
        self._slept_s = 0.0

    def sleep(self, pause_s: float) -> None:
        """Move forward by the pause."""
        self._slept_s += pause_s

    def monotonic(self) -> float:
        """Return the seconds of the machine's clock and of all pauses."""
        return time.monotonic() + self._slept_s


@contextmanager
def no_network() -> Iterator[None]:
    """Prevent every connection, look-up of a name, pause, and execution of a program."""
    failure = WireFailure("no network here", sent=False, lasting=True)
    with (
        mock.patch("vaultenv.basics.deadline.time", Clock()),
        mock.patch("vaultenv.client.wire.connect", side_effect=failure),
        mock.patch("vaultenv.basics.syslog.getaddrinfo", side_effect=socket.gaierror),
        mock.patch("vaultenv.start.launch.execute"),
        mock.patch("time.sleep"),
    ):
        yield


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@example(text="https://vault:²".encode(), method="jwt", token=b"t")
@example(text="vault:²".encode(), method="jwt", token=b"t")
@example(text="10.0.0.0/²".encode(), method="jwt", token=b"t")
@given(text=TEXTS | RAW, method=st.sampled_from(sorted(METHODS)), token=st.sampled_from([b"", b"t"]))
def test_no_text_of_a_variable_ends_in_a_traceback(name: str, text: bytes, method: str, token: bytes) -> None:
    environ = {
        **WELL_FORMED,
        b"VAULT_ADDR": b"https://10.1.2.3:8200",
        b"HTTPS_PROXY": b"http://proxy.example:3128",
        b"VAULT_AUTH_METHOD": method.encode(),
        b"VAULT_TOKEN": token,
        name.encode(): text,
    }
    with no_network():
        assert run([b"vault-env", b"/bin/true"], environ) in (0, 1)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(NAMES).map(str.encode), TEXTS | RAW, max_size=4))
def test_no_texts_of_several_variables_end_in_a_traceback(environ: dict[bytes, bytes]) -> None:
    with no_network():
        assert run([b"vault-env", b"/bin/true"], {**WELL_FORMED, **environ}) in (0, 1)
