"""The Helm chart: what it renders, refuses, installs and leaves behind."""
