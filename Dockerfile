# One image for every service of docker-compose.yaml.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}

# A document converter for the papers, Chinese fonts to render them, and a browser with the library that its driver needs
# for pages that only scripts fill.
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium-headless-shell chromium-sandbox fontconfig fonts-noto-cjk libatomic1 libreoffice-writer-nogui \
        poppler-utils tini \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --system --create-home --home-dir /opt/inspectorate inspectorate \
    && install -d -o inspectorate /var/lib/inspectorate /opt/airflow /opt/airflow/logs
WORKDIR /opt/inspectorate

COPY requirements.lock.txt pyproject.toml README.md ./
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --quiet --disable-pip-version-check --no-deps \
        --require-hashes -r requirements.lock.txt

COPY plugins plugins
COPY scrapers scrapers
COPY expectations expectations
COPY sql sql
COPY dags dags
RUN .venv/bin/python -m pip install --no-cache-dir --quiet --disable-pip-version-check --no-deps \
        --no-build-isolation --editable .

ENV PATH=/opt/inspectorate/.venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/inspectorate/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/inspectorate/plugins \
    INSPECTORATE_HOME=/var/lib/inspectorate
USER inspectorate
ENTRYPOINT ["tini", "-g", "--"]
CMD ["airflow", "version"]
