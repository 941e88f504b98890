"""Kept references for tests."""

from vaultkube.kept.values import KeptLogin, KeptReferences, KeptValue, Place

KEY = b"k" * 32
PLACE = Place("secrets", "shop", "db")
LOGIN = KeptLogin("https://vault.example.com", "kubernetes", "default", "reader")
REFERENCES = KeptReferences(LOGIN, 300, {"password": KeptValue("vault:a/b#c", "mark")})
