"""The provider for the CSI driver: mounts over its socket, beside another provider."""
