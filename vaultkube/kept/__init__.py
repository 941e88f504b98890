"""Kept references: the references of an object that was resolved at admission, their places, and the login to read them. Pure.

They stand in an annotation of the object, sealed with a key that webhook and operator share: docs/kept.md.
"""
