"""A small OpenID Connect provider on loopback, for the tests of the sign-in: everybody who comes is let in.

Discovery, authorization code, token with a signed identity, public keys; the account is chosen by whoever
starts it. It asks for no password, so it is of no use outside tests.
"""

import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"}, private=True)


@contextmanager
def provider(account: dict[str, object]) -> Iterator[str]:
    """The address of a provider that signs everybody in as `account` (its claims; change them at any time)."""
    nonces: dict[str, str] = {}

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def say(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            asked = dict(urllib.parse.parse_qsl(url.query))
            if url.path == "/.well-known/openid-configuration":
                self.say(
                    {
                        "issuer": address,
                        "authorization_endpoint": f"{address}/authorize",
                        "token_endpoint": f"{address}/token",
                        "jwks_uri": f"{address}/keys",
                        "response_types_supported": ["code"],
                        "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"],
                    }
                )
            elif url.path == "/keys":
                self.say({"keys": [KEY.as_dict(private=False)]})
            else:
                code = f"code-{len(nonces)}"
                nonces[code] = asked.get("nonce", "")
                back = urllib.parse.urlencode({"code": code, "state": asked["state"]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()

        def do_POST(self) -> None:
            form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            now = int(time.time())
            claims = {"iss": address, "aud": "lab", "iat": now, "exp": now + 600, **account}
            claims["nonce"] = nonces[form["code"]]
            token = jwt.encode({"alg": "RS256", "kid": "test"}, claims, KEY)
            self.say({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
