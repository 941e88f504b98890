"""Start → TLS → login → read → exec of the launcher, compared with programs that do the same, on a real Vault."""
