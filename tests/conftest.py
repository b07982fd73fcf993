"""What every test relies on: no test needs luck, the network, or the tester's own environment."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A loaded machine is slow, not wrong: examples have no deadline of their own; pytest-timeout catches hangs.
settings.register_profile("muxer", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("muxer")
