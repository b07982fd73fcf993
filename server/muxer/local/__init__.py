"""A small real model on this machine: no key, no network, no cost. A wing of its own beside the simulator."""
