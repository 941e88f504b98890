"""SecretProviderClasses of provider vault: parameters and objects as frozen values, with all problems at once. Pure."""
