"""What the gateway costs: CPU per request, added latency, memory and throughput. Run `python -m benchmarks.gateway`."""
