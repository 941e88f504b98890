"""The Helm chart: its rendered objects, its refusals, its installation, and the remains of one."""
