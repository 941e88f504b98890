"""Removal of unused table rows from the sources, which every start would fill in."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Trim(NamedTuple):
    """Rows to remove from a source file: all except rows whose first group, a name, matches `needed`.

    At least `least` rows must match: otherwise the form of the file has changed. `instead` is a template for the
    replacement of a row, in a table with numbered rows.
    """

    file: str
    row: str
    needed: str
    least: int
    instead: str = ""


PYTHON = (
    Trim(
        "Modules/_ssl_data_31.h",
        r"  #ifdef (\w+)\n    \{.*\n  #else\n    \{.*\n  #endif\n",
        "SSL_R_",
        1000,
    ),
    Trim(
        "Modules/socketmodule.c",
        r'    ADD_INT_(?:MACRO|CONST)\(m, "?(\w+).*;.*\n',
        "(AF_UNIX|IPPROTO_TCP|SOCK_DGRAM|SOCK_STREAM|TCP_NODELAY)$",
        400,
    ),
    Trim(
        "Modules/posixmodule.c",
        r"#ifdef (\w+)\n    if \(PyModule_AddIntMacro\(m, \w+\)\) return -1;\n#endif\n",
        "([FRWX]_OK|O_(RDONLY|WRONLY|RDWR|CREAT|EXCL|TRUNC|CLOEXEC|NOFOLLOW)|WNOHANG)$",
        100,
    ),
    Trim(
        "Modules/posixmodule.c",
        r'#ifdef \w+\n    \{"((?:PC|CS|SC)_\w+)", +\w+\},\n#endif\n',
        "(PC_PATH_MAX|CS_PATH|SC_PAGESIZE)$",
        150,
    ),
)
"""Names of errors that no TLS client sees, constants of sockets that the launcher does not open, and constants of the
system calls that neither the launcher nor the build needs."""

_ALGORITHMS = """
    SHA1 SHA2_224 SHA2_256 SHA2_384 SHA2_512 SHA3_256 SHA3_512 SHAKE_128 SHAKE_256 MD5 MD5_SHA1
    HMAC HKDF TLS1_3_KDF TLS1_PRF CTR_DRBG SEED_SRC AES GENERIC DH ECDH EC X25519 X448 ML_KEM_768 X25519MLKEM768
    RSA RSA_PSS RSA_SHA1 RSA_SHA224 RSA_SHA256 RSA_SHA384 RSA_SHA512 ED25519 ED448
    ECDSA ECDSA_SHA1 ECDSA_SHA224 ECDSA_SHA256 ECDSA_SHA384 ECDSA_SHA512
"""
_SUITES = r"ECDHE_RSA|ECDHE_ECDSA|DHE_RSA)_WITH_(AES_\d+_((CBC|GCM)_)?SHA(256|384)|CHACHA20"

OPENSSL = (
    Trim(
        "providers/defltprov.c",
        r"    ALGC?\(PROV_NAMES_(AES\w+),[^()]*\),\n",
        r"AES_\d+_(CBC|CTR|ECB|GCM)$",
        30,
    ),
    Trim(
        "providers/defltprov.c",
        r'    \{ PROV_NAMES_(\w+), "provider=default",\s+ossl_\w+_functions(?:,\s+PROV_DESCS_\w+)? \},\n',
        f"({'|'.join(_ALGORITHMS.split())})$",
        90,
    ),
    Trim(
        "providers/decoders.inc",
        r'DECODER(?:_w_structure)?\( ?"([\w-]+", \w+), .*\),\n',
        r'(DER|EC|ED25519|ED448|RSA|RSA-PSS)", (der|pem)$',
        40,
    ),
    Trim(
        "providers/common/capabilities.c",
        r'    TLS_GROUP_ENTRY\("([\w-]+)", .*\),(?: /\*.*\*/)?\n',
        r"(X25519MLKEM768|x25519|x448|(secp|P-)(256|384|521)(r1)?|ffdhe(2048|3072))$",
        45,
    ),
    Trim(
        "ssl/s3_lib.c",
        r"    \{\n        1,\n        (\w+),\n(?:        .*\n)+    \},\n",
        rf"TLS1_3_RFC_(AES_\d+_GCM|CHACHA20)|TLS1_TXT_({_SUITES})",
        150,
    ),
    Trim(
        "ssl/ssl_ciph.c",
        r"    \{ SSL_(\w+), NID_\w+ \}, /\* SSL_ENC_.*\*/\n",
        "(eNULL|AES\\d+|AES\\d+GCM|CHACHA20POLY1305)$",
        15,
        r"    { SSL_\1, NID_undef },\n",
    ),
)
"""Algorithms, keys and groups other than those that OpenSSL offers to a server by default or meets in a certificate, and
cipher suites other than those of Python's default list."""


def trim(tree: Path, trims: Iterable[Trim]) -> None:
    """Rewrite the files in the folder of a source; raise AssertionError if the form of one has changed."""
    for table in trims:
        file, is_needed = tree / table.file, re.compile(table.needed).match
        text = file.read_text()
        gone = {row[0] for row in re.finditer(table.row, text) if not is_needed(row[1])}
        if len(gone) < table.least:
            raise AssertionError(f"{file} has changed its shape: adapt {__name__}")
        file.write_text(
            re.sub(table.row, lambda row: row.expand(table.instead) if row[0] in gone else row[0], text)  # noqa: B023
        )
