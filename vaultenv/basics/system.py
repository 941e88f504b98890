"""System calls by the C module `posix`, because the import of the standard library's `os` would slow down each start."""

import posix as posix
