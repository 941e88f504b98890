"""The kernel's calls: `posix`, which the standard library's `os` wraps at the cost of a start."""

import posix as posix
