# Three stages: browser files, Python environment with our wheel, and the image that runs: no compilers, no root.

FROM node:22-slim AS assets
WORKDIR /source/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --ignore-scripts
COPY frontend/build.mjs ./
COPY frontend/src ./src
RUN node build.mjs

FROM python:3.13-slim AS python
WORKDIR /source
COPY requirements ./requirements
RUN python -m venv /build \
 && /build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt \
 && python -m venv --without-pip /opt/trellis \
 && /build/bin/uv pip install --no-cache --compile-bytecode --python /opt/trellis/bin/python --require-hashes -r requirements/run.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY platform ./platform
COPY metadata ./metadata
COPY frontend/templates ./frontend/templates
COPY --from=assets /source/frontend/dist ./frontend/dist
RUN /build/bin/hatchling build -t wheel /wheel \
 && /build/bin/uv pip install --no-cache --compile-bytecode --python /opt/trellis/bin/python --no-deps /wheel/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data trellis
COPY --from=python /opt/trellis /opt/trellis
ENV PATH=/opt/trellis/bin:$PATH PYTHONUNBUFFERED=1 TRELLIS_DATA=/data TRELLIS_HOST=0.0.0.0 PORT=8000
USER trellis
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=2)"]
ENTRYPOINT ["trellis"]
CMD ["serve"]
