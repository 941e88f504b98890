"""The references in one value of a variable, whichever container has it."""

from typing import NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.references.near_miss import near_miss
from vaultenv.references.parts import Ciphertext, Login
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.documents.utf8 import utf8
from vaultkube.remember import remember
from webhook.pods.environment import PREFIX

_PREFIX = PREFIX.encode()


class ValueReferences(NamedTuple):
    """The references in one value.

    `refers` is whether there are any, `paths` are sorted, `decrypts` is whether transit decrypts a part, `logs_in`
    whether one is `vault:login`, `near_miss` the warning about a value that is probably meant as one.
    """

    refers: bool
    paths: tuple[str, ...] = ()
    decrypts: bool = False
    logs_in: bool = False
    near_miss: str = ""


def is_read(text: str, deadline: Deadline) -> bool:
    """Return whether the text, as the value of a variable, would be read from Vault; never for a malformed reference."""
    if PREFIX not in text:
        return False
    deadline.check()
    try:
        read = read_value(utf8(text), deadline)
    except InvalidReference:
        return False
    return bool(read.paths) or read.decrypts


def has_references(value: bytes, deadline: Deadline) -> bool:
    """Return whether the value has a reference, or a malformed one."""
    try:
        return read_value(value, deadline).refers
    except InvalidReference:
        return True


def _may_refer(value: bytes) -> bool:
    return _PREFIX in value


def _read(value: bytes, deadline: Deadline = UNLIMITED) -> ValueReferences:
    """Return the references in a value; raise the errors of `parse`."""
    parsed = parse(value, deadline.check)
    warning = near_miss(value, parsed)
    if parsed is None:
        return ValueReferences(False, near_miss=warning)
    kinds = {type(part) for part in parsed.parts}
    return ValueReferences(True, tuple(sorted(parsed.paths())), Ciphertext in kinds, Login in kinds, warning)


read_value = remember(_read, public=_may_refer, longest=512, entries=1024)
"""The references of values in a cache: all pods of a workload have the same references."""
