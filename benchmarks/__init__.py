"""Measurements of ModelMuxer; see README.md."""
