"""Kept references: the references of an object that was resolved at admission, their places, and the login that reads them. Pure.

They are in an annotation of the object, sealed with a key that the webhook and the operator share: docs/kept.md.
"""
