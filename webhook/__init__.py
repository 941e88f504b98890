"""The admission webhook that gives pods their launcher and resolves references in Secrets and ConfigMaps."""
