"""The webhook's own certificate: made, kept in a Secret, renewed, and trusted by the webhook configuration."""
