"""Errors of the executable's build.

BuildError
├── SourceMissing    a pinned source cannot be had from any of its places
├── StepFailed       a compiler, configure script or other tool ended with an error
└── NotStatic        the linked file is not what must be shipped
"""


class BuildError(Exception):
    """Base class; `str()` says what, where, and what to do."""


class SourceMissing(BuildError):
    """No place has the pinned file with its checksum."""


class StepFailed(BuildError):
    """A tool failed; the message ends with the last lines that it wrote."""


class NotStatic(BuildError):
    """The executable needs a loader or libraries of the image that it runs in, or is too large."""
