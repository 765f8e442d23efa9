# The lab for a shared server: CPU only, no root, nothing writable but /data. About 2 GB.
#   docker build -t deep-learning-lab .
#   docker run -p 8501:8501 -v lab-data:/data --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges deep-learning-lab
# With a proxy, two web replicas, a scheduler, workers and PostgreSQL: compose.yaml and docs/deploy.md.
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
# PyPI's Linux wheels of torch bring CUDA, 5 GB of it; PyTorch's own index has them without.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /build
COPY requirements.txt requirements.lock ./
# Every file from PyPI by its hash (`make lock`); the check fails where the list has become too short.
RUN python -m venv /venv \
    && grep -E '^torch(vision)?==' requirements.txt > torch.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps --index-url "${TORCH_INDEX}" -r torch.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock \
    && /venv/bin/pip check

FROM ${BASE} AS core
RUN useradd --uid 10001 --no-create-home lab && install -d -o lab /data
COPY --from=build /venv /venv
WORKDIR /lab
COPY dlcore dlcore
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    OMP_NUM_THREADS=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    DLCORE_RUNS=/data/runs \
    DLCORE_DATA=/data/sets \
    DLCORE_SHARED=1

# What every learner meets first is trained once, here: the class's first click costs nothing.
FROM core AS seeds
RUN python -m dlcore.experiments.first_runs /seeds

FROM core
COPY --from=seeds /seeds /seeds
COPY app.py serve.py LICENSE ./
COPY .streamlit .streamlit
COPY assets assets
COPY ui ui
COPY pages pages
COPY docs/teaching.md docs/
ENV DLCORE_SEED_RUNS=/seeds
USER 10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
ENTRYPOINT ["python", "-m"]
CMD ["streamlit", "run", "serve.py"]
