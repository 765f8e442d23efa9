"""What is deployed: the compose file keeps its promises on paper, the proxy keeps its own for real."""

import gzip
import http.server
import importlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PATIENCE, ROOT, free_port

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

# --- on paper ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened_bounded_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"] and not service.get("privileged")
    assert service["user"].split(":")[0] != "0"
    assert service["deploy"]["resources"]["limits"].keys() >= {"memory", "pids"}
    assert "healthcheck" in service or service["image"].startswith("deep-learning-lab:")  # the image has one
    assert "latest" not in service["image"].replace("${LAB_VERSION:-latest}", "")


def test_only_the_proxy_is_published_and_the_scheduler_is_reached_from_inside_only() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert SERVICES["scheduler"]["networks"] == ["engine"]
    assert COMPOSE["networks"]["engine"]["internal"] and COMPOSE["networks"]["database"]["internal"]
    assert {name for name, s in SERVICES.items() if "database" in s["networks"]} == {
        "web-1",
        "web-2",
        "worker",
        "db",
    }


def test_replicas_share_one_cookie_secret_and_no_secret_stands_in_the_file() -> None:
    secrets = {SERVICES[f"web-{i}"]["environment"]["STREAMLIT_SERVER_COOKIE_SECRET"] for i in (1, 2)}
    assert len(secrets) == 1 and secrets.pop().startswith("${LAB_COOKIE_SECRET:?")
    for service in SERVICES.values():
        for name, value in (service.get("environment") or {}).items():
            if re.search("SECRET|PASSWORD|CODE|TOKEN", name) and value is not None:
                assert value.startswith(("${", "/run/secrets/"))
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/.env", "/secrets/"} <= set(ignored)


def test_a_worker_has_the_memory_a_training_needs_and_ends_it_by_name_before_the_kernel_does() -> None:
    limit = SERVICES["worker"]["deploy"]["resources"]["limits"]["memory"]
    inside = SERVICES["worker"]["environment"]["DLCORE_WORKER_MEMORY"]
    assert 2048 <= int(inside.removesuffix("MiB")) <= int(limit.removesuffix("g")) * 1024 - 256


def test_prepare_makes_secrets_once_and_keeps_them(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "prepare", tmp_path / "deploy")

    def prepare() -> tuple[str, str]:
        command = ["sh", "deploy/prepare", "lab.example.org"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / ".env").read_text(), (tmp_path / "secrets" / "db_password").read_text()

    settings, password = prepare()
    expected = r"LAB_SITE=lab.example.org\nLAB_COOKIE_SECRET=[0-9a-f]{64}\nLAB_WORKERS=\d+\n"
    assert re.fullmatch(expected, settings) and re.fullmatch(r"[0-9a-f]{48}\n", password)
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert prepare() == (settings, password)


def variables(*texts: str) -> set[str]:
    return {name for text in texts for name in re.findall(r"\b(?:DLCORE|DASK|LAB)_[A-Z][A-Z_]*[A-Z]\b", text)}


def test_the_guide_lists_every_variable_that_is_used_and_no_other() -> None:
    sources = [
        f for top in ("dlcore", "ui", "pages", "deploy") for f in (ROOT / top).rglob("*") if f.is_file()
    ]
    sources += [ROOT / name for name in ("app.py", "serve.py", "compose.yaml", "Dockerfile")]
    used = variables(
        *(f.read_text() for f in sources if f.suffix in (".py", ".yaml", "") or f.name == "Caddyfile")
    )
    table = re.search(r"## Environment variables\n(.*?)\n## ", GUIDE, re.DOTALL)
    assert table is not None
    listed = set(re.findall(r"^\| `([A-Z_]+)`", table[1], re.MULTILINE))
    # Other projects' own, of which the guide names some.
    elsewhere = ("STREAMLIT_", "DASK_DISTRIBUTED_", "FORWARDED_")
    assert {n for n in listed if not n.startswith(elsewhere)} == {
        n for n in used if not n.startswith(elsewhere)
    }


def test_the_guides_files_and_services_exist() -> None:
    for place in re.findall(r"`((?:deploy|docs|dlcore)/[\w./]+)`", GUIDE):
        assert (ROOT / place).exists(), place
    for service in re.findall(r"docker compose (?:exec|logs|run|restart)(?: -\w+)* ([\w-]+)", GUIDE):
        assert service in SERVICES, service


# --- the image's parts ---------------------------------------------------------------------------------------

PIN, LOCK = (
    importlib.import_module(name) for name in ("deploy.pin", "deploy.lock")
)  # a folder of scripts, not a package
DIGEST = f"sha256:{'5' * 64}"


def test_the_image_installs_what_is_pinned_and_every_file_by_its_hash() -> None:
    pins = {}
    for name in ("constraints.txt", "requirements-server.txt", "requirements.txt"):
        for package, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE):
            pins[re.sub(r"[-_.]+", "-", package).lower()] = version
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) ", LOCK.LOCK.read_text(), re.MULTILINE))
    assert {name: pins[name] for name in locked if name in pins} == {
        n: v for n, v in locked.items() if n in pins
    }
    assert set(locked) - set(pins) <= {"setuptools"}  # what torch asks for, at any version
    direct = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert set(direct) - {"torch", "torchvision"} <= set(locked)
    for entry in re.split(r"^(?=[A-Za-z])", LOCK.LOCK.read_text(), flags=re.MULTILINE)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    recipe = (ROOT / "Dockerfile").read_text()
    assert "--no-deps --require-hashes -r requirements.lock" in recipe and "pip check" in recipe
    assert "!requirements.lock" in (ROOT / ".dockerignore").read_text().split()


def test_the_image_holds_what_the_wheel_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    shown = [name for name in carried if name != "lab.py"]  # its command is Streamlit's own
    copied = " ".join(
        re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    ).split()
    let_in = (ROOT / ".dockerignore").read_text().split()
    assert len(shown) > 5
    for name in shown:
        places = {name, name.partition("/")[0]}
        assert places & {*copied} and places & {line.removeprefix("!") for line in let_in}, name


def test_parts_of_pytorch_are_left_out_of_the_lock_and_nothing_else() -> None:
    packages = ("numpy", "torch", "torchmetrics", "nvidia-nccl-cu13")
    compiled = "".join(f"{name}==2 \\\n    --hash=sha256:1\n" for name in packages)
    assert re.findall(r"^\w+", LOCK.without_pytorch(compiled), re.MULTILINE) == ["numpy", "torchmetrics"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    for name in PIN.FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_pin_writes_the_digest_that_the_registry_gives_beside_every_foreign_image(repository: Path) -> None:
    asked = []

    class Registry(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Docker-Content-Digest", DIGEST)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Registry) as registry:
        threading.Thread(target=registry.serve_forever, daemon=True).start()
        for _ in range(2):  # what is pinned already is pinned anew
            assert PIN.main(repository, f"http://127.0.0.1:{registry.server_port}", token="") == 0
        registry.shutdown()
    images = ("library/python", "library/caddy", "library/postgres")
    assert {path.split("/manifests/")[0] for path in asked} == {f"/v2/{image}" for image in images}
    for name in PIN.FILES:
        before, after = (ROOT / name).read_text(), (repository / name).read_text()
        assert after.count(f"@{DIGEST}") == 1
        assert re.sub("@sha256:[0-9a-f]{64}", "", after) == re.sub("@sha256:[0-9a-f]{64}", "", before)


def test_without_a_registry_pin_says_so_and_changes_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert PIN.main(repository, f"http://127.0.0.1:{free_port()}", token="") == 1
    assert capsys.readouterr().out.startswith("Nothing was pinned: no image registry can be asked from here")
    assert all((repository / name).read_text() == (ROOT / name).read_text() for name in PIN.FILES)


# --- for real ------------------------------------------------------------------------------------------------

SECRET = "for-tests-only"


def small_web_process(name: str) -> Any:
    """Stands for a replica: says its name, takes uploads, speaks WebSocket, and offers what must stay inside."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket

    async def page(request: Request) -> JSONResponse:
        size = len(await request.body())
        return JSONResponse(
            {"name": name, "size": size, "host": request.headers["host"], "padding": "x" * 5000}
        )

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(name)
        await socket.send_text(await socket.receive_text())
        await socket.close()

    routes = [WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", page, methods=["GET", "PUT"])]
    config = uvicorn.Config(
        Starlette(routes=routes), host="127.0.0.1", port=free_port(), log_level="error", lifespan="off"
    )
    return uvicorn.Server(config)


@contextmanager
def two_replicas() -> Iterator[dict[str, Any]]:
    """Two small servers on loopback, by name."""
    servers = {name: small_web_process(name) for name in ("one", "two")}
    threads = [threading.Thread(target=server.run, daemon=True) for server in servers.values()]
    for thread in threads:
        thread.start()
    try:
        yield servers
    finally:
        for server in servers.values():
            server.should_exit = True
        for thread in threads:
            thread.join(10)


@contextmanager
def in_front_of(replicas: dict[str, Any], folder: Path) -> Iterator[str]:
    """The real proxy with the real configuration, in front of the two: its address."""
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("caddy is not installed (Debian: apt-get install caddy)")
    port = free_port()
    config = (ROOT / "deploy" / "Caddyfile").read_text().replace(":8081", f":{free_port()}")
    (folder / "Caddyfile").write_text(config)
    environment = {
        "LAB_SITE": f":{port}",
        "LAB_COOKIE_SECRET": SECRET,
        "LAB_REPLICAS": " ".join(f"127.0.0.1:{server.config.port}" for server in replicas.values()),
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [caddy, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(200):
            assert process.poll() is None, (folder / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0 and all(s.started for s in replicas.values()):
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a proxy before two replicas, which live as long as the tests here."""
    with two_replicas() as servers, in_front_of(servers, tmp_path_factory.mktemp("proxy")) as address:
        yield address


def get(address: str, cookie: str = "", body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, errors included."""
    headers = {"Accept-Encoding": "gzip"} | ({"Cookie": cookie} if cookie else {})
    request = urllib.request.Request(address, body, headers, method="PUT" if body is not None else "GET")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, found, content = answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            status, found, content = error.code, dict(error.headers), error.read()
    return status, found, gzip.decompress(content) if found.get("Content-Encoding") == "gzip" else content


def cookie_of(headers: dict[str, str]) -> str:
    return headers["Set-Cookie"].split(";")[0]


def test_a_learner_stays_with_one_replica_and_newcomers_are_spread(proxy: str) -> None:
    met = {}
    for _ in range(40):
        _, headers, body = get(proxy)
        met[cookie_of(headers)] = json.loads(body)["name"]
    assert sorted(met.values()) == ["one", "two"]
    for cookie, name in met.items():
        assert {json.loads(get(proxy, cookie)[2])["name"] for _ in range(10)} == {name}


def test_the_websocket_goes_to_the_replica_of_the_cookie(proxy: str) -> None:
    from websockets.sync.client import connect

    _, headers, body = get(proxy)
    for _ in range(4):
        address = proxy.replace("http://", "ws://") + "/_stcore/stream"
        with connect(address, additional_headers={"Cookie": cookie_of(headers)}) as socket:
            assert socket.recv() == json.loads(body)["name"]
            socket.send("still here")
            assert socket.recv() == "still here"


def test_pages_are_compressed_and_carry_the_headers_of_a_careful_server(proxy: str) -> None:
    status, headers, body = get(proxy)
    assert status == 200 and headers["Content-Encoding"] == "gzip"
    assert json.loads(body)["host"] == proxy.removeprefix("http://")  # the WebSocket's origin check needs it
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers and "server" not in headers


def test_a_body_above_the_limit_is_refused_and_no_replica_suffers(proxy: str) -> None:
    place = f"{proxy}/_stcore/upload_file/x"
    status, headers, body = get(place, body=b"x" * 5_900_000)
    assert status == 200 and json.loads(body)["size"] == 5_900_000
    assert announce(proxy, "Content-Length: 122000001") == 413
    assert announce(proxy, "Content-Length: 99999999999") == 413
    assert announce(proxy, "Transfer-Encoding: chunked", b"2\r\nxx\r\n0\r\n\r\n") == 411
    name = json.loads(body)["name"]
    assert {json.loads(get(proxy, cookie_of(headers))[2])["name"] for _ in range(10)} == {name}


def announce(proxy: str, length: str, body: bytes = b"") -> int:
    """The status of an upload of which hardly more than the head is sent."""
    host, port = proxy.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"PUT /_stcore/upload_file/x HTTP/1.1\r\nHost: {host}\r\n{length}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return int(connection.recv(100).split()[1])


@pytest.mark.parametrize(
    "path",
    ["_stcore/metrics", "_stcore/%6Detrics", "/_stcore/metrics", "metrics", "lab/METRICS", "a/../metrics",
     "_stcore/script-health-check", "metrics/"],
)  # fmt: skip
def test_metrics_are_not_for_the_outside(path: str, proxy: str) -> None:
    assert get(f"{proxy}/{path}")[0] == 404


def test_the_neighbours_of_metrics_are(proxy: str) -> None:
    assert get(f"{proxy}/_stcore/health")[0] == 200


def test_when_a_replica_dies_its_learners_are_taken_by_the_other(tmp_path: Path) -> None:
    with two_replicas() as servers, in_front_of(servers, tmp_path) as proxy:
        _, headers, body = get(proxy)
        gone = json.loads(body)["name"]
        servers[gone].should_exit = True
        end = time.monotonic() + PATIENCE
        while True:
            status, now, body = get(proxy, cookie_of(headers))
            if status == 200 and json.loads(body)["name"] != gone:
                break
            assert time.monotonic() < end, "nobody took over"
        assert cookie_of(now) != cookie_of(headers)
        taken_by = {json.loads(get(proxy, cookie_of(now))[2])["name"] for _ in range(5)}
        assert taken_by == {json.loads(body)["name"]}
