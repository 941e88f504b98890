"""Tests of the provider for the Secrets Store CSI driver; folders mirror `vaultcsi/`."""
