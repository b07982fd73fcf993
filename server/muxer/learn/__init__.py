"""Learns from recorded outcomes which model answers which prompts well: fitting, its file, and prediction."""
