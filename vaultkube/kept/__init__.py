"""Kept references: which reference stood where in an object that was resolved at admission, and as whom it is read. Pure.

They stand in an annotation of the object, sealed with a key that webhook and operator share: docs/kept.md.
"""
