"""The start: one launch from the command line to execve, an installation, or a check."""
