"""The gRPC face: the only floor that knows protobuf and grpc."""
