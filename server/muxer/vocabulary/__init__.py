"""Counts tokens exactly: the vocabulary is in a package, nothing is fetched."""
