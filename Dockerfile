# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate; the command says which. Runs as a numeric user, never as root.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements-s3.lock ./
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-deps --require-hashes -r requirements-s3.lock
COPY manage.py pyproject.toml LICENSE ./
COPY covdash covdash
COPY ingest ingest
COPY templates templates
COPY static static
RUN COVDASH_NO_BOOTSTRAP=1 COVDASH_STATIC_ROOT=/app/staticfiles \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q /app/covdash /app/ingest

FROM ${BASE}
LABEL org.opencontainers.image.title="covdash" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/venv/bin:$PATH \
    COVDASH_NO_BOOTSTRAP=1 \
    COVDASH_HOME=/var/lib/covdash \
    COVDASH_STATIC_ROOT=/app/staticfiles \
    COVDASH_BIND=0.0.0.0:8000 \
    COVDASH_LOG_FORMAT=json \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# A volume that is mounted here takes over these rights.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/covdash
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["python3", "/app/manage.py"]
CMD ["web"]
