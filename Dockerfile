# The images: `--target webhook` is the server, `--target vault-env` the launcher, its only file, `--target csi-provider` the
# provider for the Secrets Store CSI driver.
# The first build compiles CPython and OpenSSL for the launcher, about five minutes on two processors;
# where processes may open no more than 1024 files (`ulimit -Hn`), build with `--ulimit nofile=8192:8192`.

FROM --platform=$BUILDPLATFORM docker.io/library/debian:trixie-slim AS tools
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates make patch perl python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /opt/python
WORKDIR /source
COPY vaultenv/__init__.py vaultenv/
COPY vaultenv/native/__init__.py vaultenv/native/
COPY vaultenv/native/vendor vaultenv/native/vendor
# Only what decides the interpreter: the rest of the build changes more often.
COPY vaultenv/native/build/__init__.py vaultenv/native/build/architecture.py vaultenv/native/build/cache.py vaultenv/native/build/errors.py \
     vaultenv/native/build/fetch.py vaultenv/native/build/interpreter.py vaultenv/native/build/libraries.py vaultenv/native/build/mirrors.py \
     vaultenv/native/build/pins.py vaultenv/native/build/sources.py vaultenv/native/build/toolchain.py vaultenv/native/build/tools.py \
     vaultenv/native/build/trim.py vaultenv/native/build/wheels.py \
     vaultenv/native/build/

FROM tools AS interpreter
ARG TARGETARCH
RUN /opt/python/bin/python -m vaultenv.native.build.fetch
RUN /opt/python/bin/python -m vaultenv.native.build.interpreter $TARGETARCH

FROM interpreter AS launcher
ARG TARGETARCH
COPY vaultenv vaultenv
RUN /opt/python/bin/python -m vaultenv.native.build.build $TARGETARCH --output /vault-env

# At its root for image volumes, and where init containers have always found it.
RUN mkdir -p /image/usr/local/bin && mv /vault-env /image/vault-env && ln -s ../../../vault-env /image/usr/local/bin/vault-env

FROM scratch AS vault-env
COPY --from=launcher /image/ /
USER 65534:65534
ENTRYPOINT ["/vault-env"]

FROM docker.io/library/debian:trixie-slim AS python
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/*

# What the packages need is in layers of its own, which a change of the sources leaves in place.
FROM python AS needs
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv
RUN python3 -m venv /opt/vault-webhook
WORKDIR /source
COPY setup.cfg pyproject.toml LICENSE ./
COPY vaultenv/__init__.py vaultenv/
# `--build-arg EXTRAS=tracing` adds what sends traces.
ARG EXTRAS=
RUN touch README.md && /opt/vault-webhook/bin/pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}"

FROM needs AS needs-csi
RUN /opt/vault-webhook/bin/pip install --no-cache-dir '.[csi]'

FROM scratch AS sources
COPY README.md README.md
COPY vaultcsi vaultcsi
COPY vaultenv vaultenv
COPY vaultkube vaultkube
COPY vaultsync vaultsync
COPY webhook webhook

FROM needs AS installed
COPY --from=sources / ./
RUN /opt/vault-webhook/bin/pip install --no-cache-dir --no-deps --force-reinstall .

FROM needs-csi AS installed-csi
COPY --from=sources / ./
RUN /opt/vault-webhook/bin/pip install --no-cache-dir --no-deps --force-reinstall .

# As root, because the folder of the socket on the node is root's; the manifest takes every capability away.
FROM python AS csi-provider
COPY --from=installed-csi /opt/vault-webhook /opt/vault-webhook
ENV PATH=/opt/vault-webhook/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080
ENTRYPOINT ["vault-webhook", "csi-provider"]

FROM python AS webhook
COPY --from=installed /opt/vault-webhook /opt/vault-webhook
ENV PATH=/opt/vault-webhook/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8443
ENTRYPOINT ["vault-webhook"]
CMD ["serve"]
