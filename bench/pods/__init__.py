"""The start of a pod: from its creation to the first line of its program."""
