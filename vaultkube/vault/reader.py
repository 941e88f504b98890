"""A Reader that uses hvac, for the webhook, which has hvac in any case."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import hvac
import requests
from hvac.adapters import RawAdapter

from vaultenv.basics.jsontext import count_values
from vaultenv.client.address import quoted
from vaultenv.client.answers import MOUNTS, mount_in, secret_or_error
from vaultenv.client.decryption import decrypt_body, plaintexts_or_errors
from vaultenv.errors import TooMuch, VaultEnvError, VaultUnavailable
from vaultenv.references.secret import Secret
from vaultkube.net.room import NoRoom, Room
from vaultkube.vault.client import ANSWERS_BYTES
from vaultkube.vault.failures import cause_of

_AT_ONCE = 4
_REQUEST_BYTES = 2048
"""The least memory that counts for a request, so that the number of requests is limited too."""
_VALUE_BYTES = 64
"""The memory of a small JSON value, in addition to its text."""


class HvacReader:
    """A Reader (`vaultenv.references.reader`) on a logged-in `hvac.Client`; parses answers like the launcher, within the
    memory limit `room`.
    """

    def __init__(self, client: hvac.Client, room: Room | None = None) -> None:
        self._room = room or Room(ANSWERS_BYTES)
        self._adapter = RawAdapter.from_adapter(client.adapter)
        self._adapter.allow_redirects = False  # the token must not follow to another host

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """Return the secrets at (path, version) pairs, one request each, a few at a time; return TooMuch for too many."""
        if len(questions) * _REQUEST_BYTES > self._room.size_bytes:
            return [self._too_much(questions[0][0])] * len(questions)
        if len(questions) < 2:
            return [self._read(path, version) for path, version in questions]
        with ThreadPoolExecutor(min(_AT_ONCE, len(questions))) as pool:
            return list(pool.map(self._read, *zip(*questions, strict=True)))

    def _read(self, path: str, version: str) -> Secret | VaultEnvError:
        return self._secret("get", path, params={"version": version} if version else None)

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        """Return Vault's answer to a write of a JSON object."""
        return self._secret("put", path, data=body)

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """Return the plaintexts from transit's `<mount>/decrypt/<key>`, in one request."""
        answer = self._send("put", path, data=decrypt_body(ciphertexts))
        if isinstance(answer, VaultEnvError):
            return [answer] * len(ciphertexts)
        return plaintexts_or_errors(answer.url, path, answer.status_code, answer.content, len(ciphertexts))

    def _secret(self, method: str, path: str, **options: object) -> Secret | VaultEnvError:
        answer = self._send(method, path, **options)
        if isinstance(answer, VaultEnvError):
            return answer
        url, status, body = answer.url, answer.status_code, answer.content
        return secret_or_error(method.upper(), url, path, status, body, self._mount)

    def _mount(self, path: str) -> str:
        answer = self._send("get", f"{MOUNTS}/{path}")
        return "" if isinstance(answer, VaultEnvError) else mount_in(answer.content)

    def _send(self, method: str, path: str, **options: object) -> requests.Response | VaultEnvError:
        try:
            self._room.reserve(_REQUEST_BYTES)
            response: requests.Response = self._adapter.request(
                method, f"/v1/{quoted(path)}", raise_exception=False, **options
            )
            self._room.reserve(_VALUE_BYTES * count_values(response.content))
        except NoRoom:
            return self._too_much(path)
        except requests.RequestException as error:
            cause = f"{method.capitalize()} {path}: {cause_of(error)}"
            return VaultUnavailable(f"{cause}: check Vault and its address")
        return response

    def _too_much(self, path: str) -> TooMuch:
        size = self._room.size_bytes
        return TooMuch(
            f"{path}: with it Vault's answers take more than {size} bytes together: refer to fewer or smaller secrets"
        )
