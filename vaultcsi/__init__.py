"""The Vault provider for the Secrets Store CSI driver: the secrets that a SecretProviderClass names, as files of a pod."""
