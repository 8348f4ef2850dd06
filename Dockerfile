# Two images from one file. `agency`, the last and so the one that is built when nothing is said, is what serves people:
# the command picks whether it is `serve` (the API), `work` (the worker) or `prepare` (tables and keys).
# `demo` has the synthetic city and the stand-ins of the outside world besides:
# `docker build --target demo -t yibao-demo . && docker run -p 8000:8000 -e YIBAO_HOST=0.0.0.0 yibao-demo run`.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements.lock .
RUN python -m venv --without-pip /app/.venv \
 && pip --python /app/.venv/bin/python install --no-cache-dir --require-hashes --no-deps -r requirements.lock

FROM python:3.11-slim-bookworm AS house
# Nothing in the running image can install or build anything.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /data yibao \
 && install --directory --owner=yibao --group=yibao --mode=0700 /data /certificates
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY LICENSE pyproject.toml ./
COPY api api
COPY cli cli
COPY domain domain
COPY partners partners
COPY verifier verifier
COPY workers workers
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    YIBAO_DATA=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "cli"]

FROM house AS demo
COPY city city
COPY sandbox sandbox
RUN python -m compileall -q .
USER yibao
CMD ["run"]

FROM house AS agency
RUN python -m compileall -q .
USER yibao
CMD ["serve"]
