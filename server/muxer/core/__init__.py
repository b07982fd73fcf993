"""The decision, as pure functions: no I/O, no clock, no protobuf, no logging."""
