"""The webhook's own certificate: issued, stored in a Secret, renewed, and trusted by the webhook configuration."""
