"""Asks providers: dialects that know a wire protocol and do no I/O, transports that do, and a client over both."""
