"""Batches of transit's decrypt (https://developer.hashicorp.com/vault/api-
docs/secret/transit#decrypt-data).
"""

from __future__ import annotations

from binascii import Error as NotBase64
from binascii import a2b_base64

from vaultenv.basics.jsontext import dumps
from vaultenv.client.answers import body_of, data_of, error_of
from vaultenv.errors import RequestRefused, VaultEnvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def decrypt_body(ciphertexts: Sequence[str]) -> str:
    """Return the JSON body of a request for several plaintexts."""
    return dumps({"batch_input": [{"ciphertext": text} for text in ciphertexts]})


def plaintexts_or_errors(
    url: str, path: str, status: int, body: bytes, count: int
) -> list[bytes | VaultEnvError]:
    """Return the plaintexts in an answer, in order, with an error in place of each that was not decrypted."""
    results = data_of(body_of(body)).get("batch_results")
    if isinstance(results, list) and len(results) == count:
        return [_plaintext(result, path) for result in results]
    if status < 300 and body_of(body):
        return [RequestRefused(f"{path}: the answer holds no plaintexts")] * count
    return [error_of("PUT", url, path, status, body)] * count


def _plaintext(result: object, path: str) -> bytes | VaultEnvError:
    answered = result if isinstance(result, dict) else {}
    text = None if answered.get("error") else answered.get("plaintext")
    try:
        return a2b_base64(text) if isinstance(text, str) else _not_decrypted(path)
    except NotBase64:
        return _not_decrypted(path)


def _not_decrypted(path: str) -> RequestRefused:
    return RequestRefused(f"{path} could not decrypt a value: check the transit key and the ciphertext")
