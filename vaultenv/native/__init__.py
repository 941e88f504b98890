"""How the static executable is built: pinned sources, CPython and OpenSSL, freezing, the C entry.

None of these modules is inside the executable, and nothing of the launcher imports them.
"""
