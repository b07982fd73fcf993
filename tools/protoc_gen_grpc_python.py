"""A protoc plugin that writes Python's gRPC stubs and their types, for the files that define a service.

grpcio-tools has its generator built into its own protoc and offers it to no other compiler; and both it and
mypy-protobuf would write an empty module for every file without a service.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc  # type: ignore[import-untyped]  # grpcio-tools ships no types


def generate(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """What protoc's `--grpc_python_out` and `--mypy_grpc_out` write for the request's services."""
    wanted = set(request.file_to_generate)
    services = [file.name for file in request.proto_file if file.name in wanted and file.service]
    response = CodeGeneratorResponse(supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL)
    with tempfile.TemporaryDirectory() as folder:
        descriptors = Path(folder, "descriptors.binpb")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = Path(folder, "out")
        out.mkdir()
        outputs = [f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}"]
        if protoc.main(["protoc", f"--descriptor_set_in={descriptors}", *outputs, *services]) != 0:
            response.error = "grpc_tools.protoc failed; its message is above"
        for path in sorted(path for path in out.rglob("*") if path.is_file()):
            response.file.add(name=path.relative_to(out).as_posix(), content=path.read_text())
    return response


if __name__ == "__main__":
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(request).SerializeToString())
