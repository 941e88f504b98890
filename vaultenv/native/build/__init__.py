"""The build of the static executable: pinned sources, CPython and OpenSSL, freezing, linking."""
