"""Signing in on a server that has an OpenID Connect provider: nobody sees anything before, everybody returns."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import free_port, settle, start_server, stop_server
from openid_provider import provider

pytestmark = pytest.mark.browser

ACCOUNT: dict[str, object] = {}


@pytest.fixture(scope="module")
def class_server(tmp_path_factory: pytest.TempPathFactory, own_folders: None) -> Iterator[str]:
    port = free_port()
    with provider(ACCOUNT) as issuer:
        secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
        secrets.write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "only a test"\n'
            f'client_id = "lab"\nclient_secret = "of this test"\n'
            f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
        )
        server, address = start_server(
            port=port,
            STREAMLIT_SECRETS_FILES=str(secrets),
            DLCORE_SHARED="1",
            DLCORE_TEACHERS="ada@example.org",
        )
        yield address
        stop_server(server)


def test_who_is_not_signed_in_sees_the_sign_in_alone_and_afterwards_every_page(
    class_server: str, open_page: Callable[..., Any]
) -> None:
    ACCOUNT.clear()
    ACCOUNT.update(sub="17", name="Ada *Lovelace* <b>", email="ada@example.org", email_verified=True)
    page = open_page("the-vocabulary", base=class_server)
    assert page.locator("h1").inner_text() == "Sign in"
    assert not page.locator("[data-testid=stMain]").get_by_text("Neuron").count()
    page.get_by_role("button", name="Sign in with your account").click()
    page.get_by_text("Signed in as Ada Lovelace b (teacher).").wait_for()
    settle(page)
    page.goto(f"{class_server}/the-vocabulary")
    page.get_by_role("heading", name="vocabulary").wait_for()
    page.get_by_role("link", name="This server").click()  # hers alone
    page.get_by_text("Nobody has opened a test set yet.").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_learner_is_no_teacher(class_server: str, open_page: Callable[..., Any]) -> None:
    ACCOUNT.clear()
    ACCOUNT.update(sub="18", name="Emmy", email="ada@example.org", email_verified=False)
    page = open_page("", base=class_server)
    page.get_by_role("button", name="Sign in with your account").click()
    page.get_by_text("Signed in as Emmy.", exact=True).wait_for()
    settle(page)
    assert not page.get_by_role("link", name="This server").count()


def test_the_secrets_stay_out_of_the_servers_log(class_server: str) -> None:
    log = Path(os.environ["DLCORE_RUNS"]).parent / f"server-{class_server.rsplit(':', 1)[1]}.log"
    text = log.read_text()
    assert "of this test" not in text and "only a test" not in text
