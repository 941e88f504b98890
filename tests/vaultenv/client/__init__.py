"""Tests of the launcher's Vault client and of its twin."""
