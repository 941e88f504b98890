"""Answers of Vault in these tests, for both sides: our own answers, and those of the oracle."""

import json
from typing import Any

from vaultenv.basics.jsontext import loads
from vaultenv.template.consul import answers, needs
from vaultenv.template.types import Strings

APP: dict[str, Any] = {
    "a": "alpha",
    "b": "Beta gamma",
    "e": "",
    "t": True,
    "f": False,
    "n": 15,
    "z": 0,
    "big": 12345678901234567890,
    "null": None,
    "list": ["a", "b", "c"],
    "mixed": ["a", 1, True, None, ["x"], {"k": "v"}],
    "maps": [{"name": "one", "n": 1}, {"name": "two", "n": 2}],
    "obj": {"x": "ex", "y": "why"},
    "flat": {"a/b": "1", "a/c": "2", "d": "3"},
    "nested": {"list": ["n"], "obj": {"k": "v"}, "empty": {}, "none": []},
    "we-ird": "w",
    "html": "<b>&'\"\u2028</b>",
    "uni": "żółć ✓",
    "key": "-----BEGIN KEY-----\nabc\n\ndef=\n-----END KEY-----\n",
    "b64": "aGlkZGVuIMO8",
    "bytes": "gICA/w==",
    "url64": "Pz8_Pj4-",
    "json": '{"p":[1,2.50,-3e2,null,true],"q":{"r":"s"},"u":"\\u00e9\\ud83d\\ude00"}',
    "yaml": "p: 1\nq: [a, b]\nr:\n  s: text\n  t: ~\n",
    "csv": "one, two,three",
    "pairs": "a=1,b=2,c",
    "int": "42",
    "float": "2.50",
    "yes": "true",
}
NUMBERS = '{"exact": 1.50, "exp": 1e3, "zero": 0, "minus": -7}'
CERTIFICATE = {
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIcert\n-----END CERTIFICATE-----",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIkey\n-----END RSA PRIVATE KEY-----",
    "issuing_ca": "-----BEGIN CERTIFICATE-----\nMIIca\n-----END CERTIFICATE-----",
    "ca_chain": ["-----BEGIN CERTIFICATE-----\nMIIca\n-----END CERTIFICATE-----"],
}
_BODIES = {
    "kv/data/app": json.dumps({"data": {"data": APP, "metadata": {"version": 3, "custom": None}}}),
    "kv/data/numbers": f'{{"data": {{"data": {NUMBERS}}}}}',
    "kv/data/vast": f'{{"data": {{"data": {{"exp": 1e400, "long": {"9" * 5000}}}}}}}',
    "kv/data/x": '{"data": {"data": {"v": "of x"}}}',
    "kv/data/y": '{"data": {"data": {"v": "of y"}}}',
    "database/creds/app": (
        '{"request_id": "ab-cd", "lease_id": "database/creds/app/1", "lease_duration": 3600, "renewable": true,'
        ' "data": {"username": "v-app-user", "password": "p4-ssword"}, "warnings": ["old engine"]}'
    ),
    "empty": '{"data": null}',
}
_LISTS = {"kv/metadata": ["x", "y"], "kv/none": []}
_WRITES = [
    ("transit/encrypt/k", {"plaintext": "aGk="}, '{"data": {"ciphertext": "vault:v1:abc"}}'),
    ("sys/tools/random", {}, '{"data": {"random_bytes": "r4nd0m"}}'),
]
_CERTIFICATES = [("pki/issue/web", {"common_name": "web"})]

ANSWERS: dict[needs.Need, object] = {
    **{needs.read(path): answers.secret(loads(body.encode())) for path, body in _BODIES.items()},
    **{needs.names(path): Strings(names) for path, names in _LISTS.items()},
    **{
        needs.write(path, [f"{k}={v}" for k, v in data.items()]): answers.secret(loads(body.encode()))
        for path, data, body in _WRITES
    },
    **{
        needs.certificate(path, [f"{k}={v}" for k, v in data.items()]): answers.certificate(
            {"data": CERTIFICATE}
        )
        for path, data in _CERTIFICATES
    },
}


def _of_oracle(body: str) -> str:
    """The JSON of consul-template's own Secret."""
    answer = loads(body.encode())
    names = {
        "request_id": "RequestID",
        "lease_id": "LeaseID",
        "lease_duration": "LeaseDuration",
        "renewable": "Renewable",
        "data": "Data",
        "warnings": "Warnings",
    }
    from vaultenv.basics.jsontext import dumps

    return dumps({names[key]: value for key, value in answer.items()})


def _pem(text: str) -> str:
    return text + "\n"


_WRITTEN = ",".join(
    json.dumps({"path": path, "data": data})[:-1] + f', "secret": {_of_oracle(body)}}}'
    for path, data, body in _WRITES
)
_ISSUED = json.dumps(
    [
        {
            "path": path,
            "data": data,
            "pem": {
                "Cert": _pem(str(CERTIFICATE["certificate"])),
                "Key": _pem(str(CERTIFICATE["private_key"])),
                "CA": _pem(str(CERTIFICATE["issuing_ca"])),
                "CAChain": [_pem(str(CERTIFICATE["issuing_ca"]))],
            },
        }
        for path, data in _CERTIFICATES
    ]
)
_READS = ",".join(f"{json.dumps(path)}: {_of_oracle(body)}" for path, body in _BODIES.items())
FOR_ORACLE = f'{{"reads": {{{_READS}}}, "lists": {json.dumps(_LISTS)}, "writes": [{_WRITTEN}], "certificates": {_ISSUED}}}'
"""The same as JSON text: numbers in it must stay as they are written."""
