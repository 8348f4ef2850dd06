# One image; the command picks what it is: `serve` (the API), `work` (the worker) or `prepare` (tables and keys).
# `docker run -p 8000:8000 -e YIBAO_HOST=0.0.0.0 IMAGE run` is the demo with servers and a city of its own.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements.lock .
RUN python -m venv --without-pip /app/.venv \
 && pip --python /app/.venv/bin/python install --no-cache-dir --require-hashes --no-deps -r requirements.lock

FROM python:3.11-slim-bookworm
# Nothing in the running image can install or build anything.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /data yibao \
 && install --directory --owner=yibao --group=yibao --mode=0700 /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY LICENSE pyproject.toml ./
COPY api api
COPY city city
COPY cli cli
COPY domain domain
COPY partners partners
COPY sandbox sandbox
COPY verifier verifier
COPY workers workers
RUN .venv/bin/python -m compileall -q .
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    YIBAO_DATA=/data
USER yibao
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "cli"]
CMD ["serve"]
