"""The Vault provider for the Secrets Store CSI driver: what a SecretProviderClass names, as files of a pod."""
