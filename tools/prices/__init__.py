"""Generates prices/prices.json: `python -m tools.prices`, or `modelmuxer prices update`. See prices/README.md."""
