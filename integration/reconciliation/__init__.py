"""Both sides compared: manifests that no webhook told of, levels that differ."""
