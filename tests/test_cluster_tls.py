"""The same trainings on a cluster of its own processes, over TLS: only who holds a certificate takes part."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT, free_port

TLS = "DASK_DISTRIBUTED__COMM__TLS__"


def certificates(folder: Path) -> dict[str, str]:
    """An authority, one certificate signed by it, and dask's variables that name them, as docs/deploy.md says."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    new_key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    commands = (
        f"{new_key} -x509 -days 365 -subj /CN=lab-authority -keyout ca.key -out ca.pem",
        f"{new_key} -subj /CN=lab -keyout lab.key -out lab.csr",
        "openssl x509 -req -days 365 -in lab.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out lab.pem",
    )
    for command in commands:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    names = {"CA_FILE": "ca.pem"}
    for part in ("SCHEDULER", "WORKER", "CLIENT"):
        names |= {f"{part}__CERT": "lab.pem", f"{part}__KEY": "lab.key"}
    return {TLS + name: str(folder / file) for name, file in names.items()}


@dataclass
class Cluster:
    environment: dict[str, str]
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, part: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dlcore.jobs.engine", part]
        with (self.folder / f"{part}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def ask(self, program: str, **environment: str) -> subprocess.Popen[str]:
        """A web process's side of things, in a process of its own: dask reads its variables once."""
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    environment = {
        **os.environ,
        **certificates(folder),
        "DASK_SCHEDULER_ADDRESS": f"tls://127.0.0.1:{free_port()}",
        "DLCORE_RUNS": str(folder / "runs"),
        "DLCORE_WORKERS": "1",
    }
    cluster = Cluster(environment, folder)
    cluster.start("scheduler")
    cluster.start("worker")
    yield cluster
    for process in cluster.processes[::-1]:
        process.terminate()
    for process in cluster.processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


TRAIN = """
    from dlcore.jobs import jobs
    from dlcore.runs import Recipe
    print(jobs.submit(Recipe(dataset="digits", model="mlp", epochs=1)).result(170).status, flush=True)
"""


def test_a_training_goes_through_the_encrypted_cluster(cluster: Cluster) -> None:
    answer, _ = cluster.ask(TRAIN).communicate(timeout=PATIENCE)
    assert answer == "finished\n"
    logs = "".join(log.read_text() for log in cluster.folder.glob("*.log"))
    assert "Registered to:      tls://" in logs and "tcp://" not in logs
    healthy = [sys.executable, "-m", "dlcore.jobs.engine", "health", "worker"]
    subprocess.run(healthy, cwd=ROOT, env=cluster.environment, check=True, timeout=PATIENCE)


REFUSED = """
    from dlcore.jobs import jobs
    from dlcore.runs import Recipe
    job = jobs.submit(Recipe(dataset="digits", model="mlp", epochs=2))
    try:
        job.result(170)
    except jobs.JobError as error:
        print(error)
"""


def test_a_web_process_without_a_certificate_gets_a_sentence_and_no_training(cluster: Cluster) -> None:
    without = {name: "" for name in cluster.environment if name.startswith(TLS) and "CA" not in name}
    answer, _ = cluster.ask(REFUSED, **without).communicate(timeout=PATIENCE)
    assert "cannot be reached" in answer


def knock(cluster: Cluster, certificate: Path | None) -> bytes:
    """The scheduler's first bytes for who shows this certificate; the authority of ours is trusted in any case."""
    context = ssl.create_default_context(cafile=cluster.environment[f"{TLS}CA_FILE"])
    context.check_hostname = False
    if certificate is not None:
        context.load_cert_chain(certificate / "lab.pem", certificate / "lab.key")
    host, port = cluster.environment["DASK_SCHEDULER_ADDRESS"].removeprefix("tls://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return connection.recv(1)


def test_the_scheduler_speaks_only_to_certificates_of_our_authority(cluster: Cluster, tmp_path: Path) -> None:
    assert knock(cluster, cluster.folder) != b""
    certificates(tmp_path)
    for stranger in (None, tmp_path):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            knock(cluster, stranger)


CROWD = """
    import sys, time
    from dlcore.jobs import jobs
    from dlcore.runs import Recipe

    def until(question):
        while not question():
            time.sleep(.02)

    def say(word):
        print(word, flush=True)

    LONG = dict(dataset="digits", model="cnn", epochs=500, schedule="constant")
    first = jobs.submit(Recipe(**LONG, seed=1))
    until(lambda: first.epochs)
    second = jobs.submit(Recipe(**LONG, seed=2))
    until(lambda: second.place_in_queue == 1)
    say("waits")
    until(lambda: second.epochs)
    attempt = second._training.attempt
    say("runs")
    sys.stdin.readline()
    first.cancel()
    until(lambda: second._training.attempt != attempt and second.epochs)
    say("runs again")
    second.cancel()
    until(lambda: not jobs.UNDER_WAY)
    say("over")
"""


def test_workers_join_and_leave_while_trainings_wait_and_run(cluster: Cluster) -> None:
    with cluster.ask(CROWD) as asker:
        assert asker.stdin is not None and asker.stdout is not None
        try:
            assert asker.stdout.readline() == "waits\n"
            joined = cluster.start("worker")
            assert asker.stdout.readline() == "runs\n"
            joined.send_signal(signal.SIGTERM)
            joined.wait(PATIENCE)
            asker.stdin.write("it has left\n")
            asker.stdin.flush()
            assert asker.stdout.readline() == "runs again\n"
            assert asker.stdout.readline() == "over\n"
        finally:
            asker.kill()
