"""Carries a decision out: attempts, retries, fallbacks, streams, settlement."""
