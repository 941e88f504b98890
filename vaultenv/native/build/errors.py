"""Errors of the executable's build.

BuildError
├── SourceMissing    a pinned source is at none of its addresses
├── StepFailed       a compiler, configure script or other tool ended with an error
└── NotStatic        the linked file cannot be shipped
"""


class BuildError(Exception):
    """Base class; `str()` has the cause, the place and the remedy."""


class SourceMissing(BuildError):
    """No address has the pinned file with its checksum."""


class StepFailed(BuildError):
    """A tool failed; the message ends with the last lines that it wrote."""


class NotStatic(BuildError):
    """The executable needs a loader or libraries of the image that it runs in, or is too large."""
