"""The C side of the static executable: entry, the scan before Python, memory arenas, imports. `build/` makes it.

None of these Python modules is in the executable, and no module of the launcher imports them.
"""
