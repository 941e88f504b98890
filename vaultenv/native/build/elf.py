"""The headers of an ELF file that the kernel reads (elf(5)), which show whether an executable is static."""

import struct
from dataclasses import dataclass
from pathlib import Path

from vaultenv.native.build.errors import NotStatic

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_MAGIC = b"\x7fELF\x02\x01"
_EXECUTABLE_SEGMENT, _WRITABLE_SEGMENT = 1, 2
_DYNAMIC, _INTERPRETER, _STACK = 2, 3, 0x6474E551


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header."""

    kind: int
    flags: int


@dataclass(frozen=True, slots=True)
class Elf:
    """The machine's number and the segments."""

    machine: int
    segments: tuple[Segment, ...]


def read_elf(file: Path) -> Elf:
    """Return the headers of a 64-bit little-endian file; raise NotStatic for any other."""
    data = file.read_bytes()
    if not data.startswith(_MAGIC):
        raise NotStatic(f"{file} is no 64-bit little-endian ELF file")
    header = _HEADER.unpack_from(data)
    first, size, count = header[5], header[9], header[10]
    rows = (_PROGRAM_HEADER.unpack_from(data, first + size * number) for number in range(count))
    return Elf(header[2], tuple(Segment(row[0], row[1]) for row in rows))


def problems(elf: Elf, machine: int) -> list[str]:
    """Return the reasons why this file cannot be shipped for the machine of this number."""
    kinds = {segment.kind for segment in elf.segments}
    stacks = [segment.flags for segment in elf.segments if segment.kind == _STACK]
    both = _EXECUTABLE_SEGMENT | _WRITABLE_SEGMENT
    return [
        text
        for wrong, text in (
            (elf.machine != machine, f"it is for machine {elf.machine}, not {machine}"),
            (_INTERPRETER in kinds, "it needs a dynamic loader"),
            (_DYNAMIC in kinds, "it has a dynamic section"),
            (any(flags & _EXECUTABLE_SEGMENT for flags in stacks), "its stack is executable"),
            (
                any(segment.flags & both == both for segment in elf.segments),
                "it has memory to write and to execute",
            ),
        )
        if wrong
    ]
