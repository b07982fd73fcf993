"""How both clients reach the router: address, limits, and who is calling."""

from __future__ import annotations

TARGET = "127.0.0.1:50051"

# Seconds. As long as the router itself waits for a provider: reasoning models take minutes.
TIMEOUT = 600.0

# gRPC's default for what it receives, 4 MiB, is less than eight choices with 1 MiB of provider state each.
CHANNEL_OPTIONS = (("grpc.max_receive_message_length", 32 * 1024 * 1024),)


def identity(api_key: str | None) -> tuple[tuple[str, str], ...]:
    """Metadata that tells the router who is calling."""
    return (("authorization", f"Bearer {api_key}"),) if api_key else ()
