"""The commands for files: manifests read with their lines, decided as in the cluster, written or checked."""
