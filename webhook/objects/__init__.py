"""From Secret and ConfigMap to the same with its references replaced. Pure."""
