"""What reaches the server without a browser: forged origins, hosts, messages, uploads. Other sessions go on."""

import asyncio
import contextlib
import http.client
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

import pytest
from conftest import finish
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.load import Seen, Session, session

pytestmark = pytest.mark.browser  # they need the running lab, not a browser


def stream(address: str) -> str:
    return f"{address.replace('http', 'ws', 1)}/_stcore/stream"


def visiting(address: str, what: Callable[[Session], object]) -> Seen:
    """A session that visits the home page, does something, and is then asked for a page again."""

    async def stay() -> Seen:
        seen = Seen()
        async with session(address, seen) as here:
            await here.visit("")
            result = what(here)
            if asyncio.iscoroutine(result):
                await result
            await here.visit("the-vocabulary")
        return seen

    return finish(stay())


def test_another_sites_page_cannot_open_a_session(lab: str) -> None:
    async def intrude() -> None:
        async with connect(stream(lab), subprotocols=["streamlit"], origin="https://elsewhere.example"):  # type: ignore[list-item, arg-type]
            pass

    with pytest.raises(InvalidStatus):
        finish(intrude())
    visiting(lab, lambda here: None)  # the control: without that origin it works


def test_garbage_ends_its_own_session_only(lab: str) -> None:
    async def garble(here: Session) -> None:
        for noise in (b"", b"\x00" * 1000, b"\xff" * 5000, bytes(range(256)) * 40):
            try:
                async with connect(stream(lab), subprotocols=["streamlit"]) as other:  # type: ignore[list-item]
                    await other.send(noise)
                    async with asyncio.timeout(2):
                        await other.recv()
            except (ConnectionClosed, TimeoutError):
                pass

    assert not visiting(lab, garble).errors


def test_a_forging_session_breaks_at_most_itself(lab: str) -> None:
    """Values that no browser sends, into every field and slider of a page; who sits beside notices nothing."""

    async def forge(address: str) -> None:
        async with session(address, Seen()) as forger:
            await forger.visit("")
            found = await forger.deltas("optimizer-race")
            elements = [(d.new_element, d.new_element.WhichOneof("type")) for d in found]
            ids = [
                getattr(e, kind).id for e, kind in elements if kind in ("number_input", "slider", "selectbox")
            ]
            assert len(ids) >= 3
            for value in (math.nan, math.inf, 1e308):
                ask = BackMsg()
                ask.rerun_script.page_script_hash = forger.scripts["optimizer-race"]
                for name in ids:
                    ask.rerun_script.widget_states.widgets.add(id=name, double_value=value)
                with contextlib.suppress(TimeoutError, ConnectionClosed):
                    async with asyncio.timeout(0.5):
                        await forger.ask(ask, "optimizer-race")

    assert not visiting(lab, lambda here: forge(lab)).errors


def test_what_streamlit_and_we_send_along_is_safe(lab: str) -> None:
    with urllib.request.urlopen(lab) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert (
        "frame-ancestors 'self'" in policy
        and "default-src 'self'" in policy
        and "'unsafe-eval'" not in policy
    )
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Access-Control-Allow-Origin"] != "*"


def test_an_upload_without_its_token_or_session_is_refused(lab: str) -> None:
    request = urllib.request.Request(
        f"{lab}/_stcore/upload_file/not-a-session/not-a-file", data=b"x" * 1000, method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code in (400, 401, 403)
    refused.value.close()


def test_a_file_under_a_made_up_name_is_refused_and_no_place_is_given_where_no_uploader_stands(
    lab: str,
) -> None:
    given: list[int] = []

    async def ask_for_places(here: Session) -> None:
        ask = BackMsg()
        ask.file_urls_request.file_names.append("points.csv")
        await here.visit("the-vocabulary")
        await here.socket.send(ask.SerializeToString())
        async with asyncio.timeout(30):
            while not given:
                said = ForwardMsg.FromString(await here.socket.recv())  # type: ignore[arg-type]
                if said.WhichOneof("type") == "file_urls_response":
                    given.append(len(said.file_urls_response.file_urls))

    assert not visiting(lab, ask_for_places).errors
    assert given == [0]
    request = urllib.request.Request(
        f"{lab}/_stcore/upload_file/some-session/made-up", data=b"x" * 1000, method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403 and b"No uploader" in refused.value.read()
    refused.value.close()


def test_no_path_leads_out_of_the_lab(lab: str) -> None:
    host = urllib.parse.urlsplit(lab).netloc
    for path in (
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/app/static/../../serve.py",
        "/media/../x",
    ):
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse().read()
        assert b"root:" not in answer and b"GZipMiddleware" not in answer
        connection.close()


def test_a_huge_address_is_survived(lab: str) -> None:
    async def shout(here: Session) -> None:
        ask = BackMsg()
        ask.rerun_script.query_string = "neuron_w1=" + "9" * 50_000 + "&%00=%00&<script>=1&neuron_f=nan"
        ask.rerun_script.page_script_hash = here.scripts["neuron-playground"]
        await here.ask(ask, "neuron-playground")

    assert not visiting(lab, shout).errors
