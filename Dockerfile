# The server without torch, ready to run offline:
#   docker build -t styler .
#   docker run --rm -p 8000:8000 --read-only --cap-drop ALL styler
# With torch, to train:
#   docker build -t styler:train --target train .
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE ./
COPY styler styler
COPY server server
COPY weights weights
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && python -m venv /opt/styler \
    && /opt/styler/bin/python -m pip install --no-cache-dir /wheels/*.whl

# What both images are, apart from the packages in /opt/styler.
FROM ${BASE} AS base
RUN useradd --uid 10001 --create-home styler
ENV PATH=/opt/styler/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
ENTRYPOINT ["styler"]

FROM build AS build-train
RUN for wheel in /wheels/*.whl; do \
        /opt/styler/bin/python -m pip install --no-cache-dir "${wheel}[train]"; \
    done

FROM base AS train
COPY --from=build-train /opt/styler /opt/styler
USER 10001:10001
WORKDIR /home/styler
CMD ["train", "--help"]

FROM base AS serve
COPY --from=build /opt/styler /opt/styler
ENV STYLER_HOST=0.0.0.0 \
    STYLER_PORT=8000
USER 10001:10001
WORKDIR /home/styler
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "styler_server.healthcheck"]
CMD ["serve"]
