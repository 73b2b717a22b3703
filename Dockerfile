# One image for every process; which one runs is the command. The servers are other images (compose.yaml).
FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/trimtab
COPY requirements.txt .
RUN /opt/trimtab/bin/pip install --no-deps --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/trimtab/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/trimtab trimtab \
    && install --directory --owner=trimtab --mode=0700 /var/lib/trimtab/home
COPY --from=build /opt/trimtab /opt/trimtab
COPY examples /var/lib/trimtab/examples
ENV PATH=/opt/trimtab/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TRIMTAB_HOME=/var/lib/trimtab/home \
    TRIMTAB_LOG_FORMAT=json
WORKDIR /var/lib/trimtab
USER trimtab
ENTRYPOINT ["trimtab"]
CMD ["--help"]
