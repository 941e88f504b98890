"""The provider for the CSI driver: mounts over its socket, compared with another provider."""
