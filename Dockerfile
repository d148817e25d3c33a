# The server without torch, ready to run offline:
#   docker build -t styler .
#   docker compose up
# With torch, to train:
#   docker build -t styler:train --target train .
# The base by digest, so that the same sources make the same image; raised for its security fixes.
ARG BASE=python:3.12.14-slim-trixie@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea

# The packages, by their locks: made anew only when a lock changes.
FROM ${BASE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_COMPILE=1
COPY container/build.txt /locks/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r /locks/build.txt \
    && python -m venv --without-pip /opt/styler
COPY container/serve.txt /locks/
RUN /opt/build/bin/pip --python /opt/styler/bin/python install \
        --require-hashes --only-binary :all: -r /locks/serve.txt \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/styler/lib

FROM packages AS packages-train
COPY container/train.txt /locks/
RUN /opt/build/bin/pip --python /opt/styler/bin/python install \
        --require-hashes --only-binary :all: -r /locks/train.txt \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/styler/lib

# The project itself, under /app as it is to lie in the image.
FROM packages AS project
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE ./
COPY styler styler
COPY server server
COPY weights weights
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/styler/bin/python install \
        --no-deps --no-index --root /app /wheels/*.whl \
    && python -m compileall -q --invalidation-mode unchecked-hash -s /app -p / /app

# What both images are, apart from the packages in /opt/styler. Neither needs the base's pip.
FROM ${BASE} AS base
RUN useradd --uid 10001 --create-home styler \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* \
        /usr/local/lib/python3*/ensurepip /usr/share/python-wheels
ENV PATH=/opt/styler/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
LABEL org.opencontainers.image.title="styler" \
      org.opencontainers.image.description="Paint any photo in the style of any picture" \
      org.opencontainers.image.licenses="MIT"
ENTRYPOINT ["styler"]

FROM base AS train
COPY --from=packages-train /opt/styler /opt/styler
COPY --from=project /app /
USER 10001:10001
WORKDIR /home/styler
CMD ["train", "--help"]

FROM base AS serve
COPY container/healthcheck /usr/local/bin/healthcheck
COPY --from=packages /opt/styler /opt/styler
COPY --from=project /app /
ENV STYLER_HOST=0.0.0.0 \
    STYLER_PORT=8000
USER 10001:10001
WORKDIR /home/styler
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["healthcheck"]
CMD ["serve"]
