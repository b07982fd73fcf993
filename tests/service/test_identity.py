"""Keys: without the right one nothing is served that is not meant for everyone."""

from __future__ import annotations

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from modelmuxer.v1 import operations_service_pb2, router_service_pb2
from muxer.errors import MuxerError, Reason
from muxer.service.identity import PUBLIC_METHODS, ApiKeys
from muxer.service.server import SERVICES

from tests.stack.stack import running_stack

METHOD = "/modelmuxer.v1.RouterService/Route"
KEYS = ApiKeys("team-a:alpha-key, beta-key")


def test_without_keys_everyone_may_call():
    assert ApiKeys("").identify(METHOD, {}) == ""
    assert not ApiKeys(" , ").required


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"authorization": "Bearer alpha-key"}, "team-a"),
        ({"authorization": "bearer beta-key"}, "key-2"),
        ({"x-api-key": "alpha-key"}, "team-a"),
    ],
)
def test_a_key_names_its_caller(metadata, name):
    assert KEYS.identify(METHOD, metadata) == name


@given(st.text(max_size=100))
def test_any_other_key_is_refused_without_being_repeated(text):
    if text.strip() in ("alpha-key", "beta-key"):
        return
    with pytest.raises(MuxerError) as caught:
        KEYS.identify(METHOD, {"authorization": f"Bearer {text}"})

    assert caught.value.reason is Reason.INVALID_API_KEY
    assert caught.value.message in (
        "Incorrect API key provided",
        "No API key provided: send `Authorization: Bearer <key>`",
    )


@pytest.mark.parametrize("key", ["", "x" * 65_536, "alpha-key\x00", "team-a:alpha-key", "' OR 1=1 --"])
def test_hostile_keys_are_refused(key):
    with pytest.raises(MuxerError):
        KEYS.identify(METHOD, {"authorization": f"Bearer {key}"})


def every_method() -> set[str]:
    files = (router_service_pb2, operations_service_pb2)
    names = {
        f"/{s.full_name}/{m.name}" for f in files for s in f.DESCRIPTOR.services_by_name.values() for m in s.methods
    }
    assert len({name.split("/")[1] for name in names} & set(SERVICES)) == 2
    return names | {"/grpc.health.v1.Health/Check", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}


def test_every_method_but_the_public_ones_asks_for_a_key():
    with (
        running_stack({"MODELMUXER_API_KEYS": "k:secret"}, envoy=False) as own,
        grpc.insecure_channel(own.grpc) as channel,
    ):
        open_ = set()
        for method in every_method():
            call = channel.stream_stream(method)(iter([b""]), timeout=5)
            try:
                next(call, None)
                code = grpc.StatusCode.OK
            except grpc.RpcError as error:
                code = error.code()
            if code is not grpc.StatusCode.UNAUTHENTICATED:
                open_.add(method)

    assert open_ == every_method() & PUBLIC_METHODS
