"""The C side of the static executable: entry, the scan before Python, memory arenas, imports. `build/` makes it.

None of the Python modules is inside the executable, and nothing of the launcher imports them.
"""
