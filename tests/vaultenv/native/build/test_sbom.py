"""The list of contents names every compiled or frozen component, with licences."""

import json

from vaultenv.native.build.pins import COMPONENTS, MUSL, ZIG
from vaultenv.native.build.sbom import licences, sbom

PIECES = (*COMPONENTS, MUSL, ZIG)


def test_every_piece_is_listed_with_version_and_licence() -> None:
    listed = {(one["name"], one["version"]): one for one in json.loads(sbom())["components"]}
    assert listed.keys() == {(piece.name, piece.version) for piece in PIECES}
    assert all(one["licenses"][0]["expression"] for one in listed.values())


def test_fixed_vulnerabilities_are_named() -> None:
    python = next(one for one in json.loads(sbom())["components"] if one["name"] == "cpython")
    fixed = {hole["id"] for patch in python["pedigree"]["patches"] for hole in patch["resolves"]}
    assert {"CVE-2025-8194", "CVE-2026-6100"} <= fixed


def test_the_text_of_every_licence_is_there() -> None:
    text = licences()
    assert all(f"{piece.name} {piece.version}" in text for piece in PIECES)
    for words in ("PYTHON SOFTWARE FOUNDATION LICENSE", "Apache License", "Jean-loup Gailly", "musl"):
        assert words in text
