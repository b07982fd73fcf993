"""What can be set about the edge. The rest of the Envoy configuration is decided, and stands in its template."""

from __future__ import annotations

from msgspec import Struct, structs

from muxer.edge.address import Address, Tcp, Unix, parse_address

_MIB = 1024 * 1024


class EdgeConfig(Struct, frozen=True, kw_only=True):
    """Parameters of the Envoy configuration. Raises `ValueError` when they make no sense.

    Addresses are written `host:port` or `unix:/path`. Times are seconds above 0, sizes are above 0.
    """

    upstreams: tuple[str, ...]
    """The server, or its replicas: unix sockets, IP addresses, or names that DNS resolves to all replicas."""
    admin: str
    """Envoy's own interface; can stop Envoy, so a unix socket or a loopback address."""
    listen: str = "127.0.0.1:8080"
    """Where clients connect: an IP address; port 0 takes any free one."""
    asset_dir: str = ""
    """Folder where Envoy finds `edge.lua` and `modelmuxer.binpb`. Default: where they are on this machine."""
    access_log: str = ""
    """File for one JSON line per request, without queries, bodies or keys; `/dev/stdout` works. Default: none."""
    allow_origins: tuple[str, ...] = ()
    """Web origins whose pages may call the API (CORS), or `*` for all. Default: none."""

    max_body_bytes: int = 32 * _MIB
    """Largest REST request body, and largest REST answer that is not streamed. Twice the server's own limit: a body
    between the two is read and refused politely; one beyond this is cut off, and a client that does not read while it
    writes sees no 413 but a broken connection."""
    max_header_kib: int = 16
    """Largest request header. The server's `grpc.max_metadata_size` must be above it."""
    max_connections: int = 20_000
    """Most connections of clients; more are closed at once."""
    max_connection_streams: int = 100
    """Most requests at a time on one HTTP/2 connection; clients make more wait, or connect again."""
    max_streams: int = 16_384
    """Most requests at a time to the server; more get 503."""
    max_heap_bytes: int = 1024 * _MIB
    """Envoy's memory: at 92 % it stops keeping connections alive, at 95 % it refuses requests."""

    rpc_timeout_s: float = 60.0
    """Backstop for calls that are not chats. The server enforces deadlines itself, so this is above its longest."""
    chat_idle_timeout_s: float = 630.0
    """Backstop for chats: how long nothing at all may happen. Above the server's longest deadline."""
    header_timeout_s: float = 10.0
    """How long a request's header may take to arrive."""
    body_timeout_s: float = 60.0
    """How long a whole request may take to arrive."""
    write_timeout_s: float = 30.0
    """How long a client may take nothing of its answer."""

    def __post_init__(self) -> None:
        listen, admin = self.listen_address, parse_address(self.admin)
        if not listen.is_ip:
            raise ValueError(f"listen: {self.listen!r} must be an IP address and a port")
        if isinstance(admin, Tcp) and not admin.is_loopback:
            raise ValueError(f"admin: {self.admin!r} can be reached from other machines")
        self._check_upstreams()
        for field in structs.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not value > 0:
                raise ValueError(f"{field.name}: {value!r} must be above 0")

    def _check_upstreams(self) -> None:
        if not self.upstreams:
            raise ValueError("upstreams: at least one is needed")
        if self.has_named_upstream and any(isinstance(a, Unix) for a in self.upstream_addresses):
            raise ValueError("upstreams: unix sockets and names cannot be mixed")

    @property
    def listen_address(self) -> Tcp:
        """`listen`, read."""
        address = parse_address(self.listen)
        if isinstance(address, Unix):
            raise ValueError(f"listen: {self.listen!r} must be an IP address and a port")
        return address

    @property
    def upstream_addresses(self) -> tuple[Address, ...]:
        """`upstreams`, read."""
        return tuple(parse_address(u) for u in self.upstreams)

    @property
    def has_named_upstream(self) -> bool:
        """Whether DNS is needed; then there may be more replicas than `upstreams`."""
        return any(isinstance(a, Tcp) and not a.is_ip for a in self.upstream_addresses)

    @property
    def is_replicated(self) -> bool:
        """Whether there may be another replica to turn to."""
        return len(self.upstreams) > 1 or self.has_named_upstream
