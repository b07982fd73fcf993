"""The ModelMuxer server. Imports only go down the floors listed in CONTRIBUTING.md."""
