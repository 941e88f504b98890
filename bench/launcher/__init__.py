"""Start → TLS → login → read → exec of the launcher, beside other programs that do the same, on a real Vault."""
