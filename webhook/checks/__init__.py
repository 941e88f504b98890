"""What is wrong with manifests, each finding with its place and its remedy."""
