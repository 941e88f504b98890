"""The secret segments of the webhook's path, by which the API server proves itself: their form, in a file and in a Secret."""

import re

_SEGMENT = re.compile(r"(?=.{22,128}$)[a-z0-9][a-z0-9-]*[a-z0-9]")


def is_segment(text: str) -> bool:
    """Return whether the API server takes it in the path of a Service, and it is too long to be guessed."""
    return bool(_SEGMENT.fullmatch(text))


def read_segments(text: str) -> tuple[str, ...]:
    """Return the segments of the lines; ValueError if one is short or has other characters."""
    lines = text.split()
    if not all(map(is_segment, lines)):
        raise ValueError("each line must be 22 to 128 lower case letters, digits and hyphens")
    return tuple(lines)
