"""A small server on loopback that serves one file well or badly, for the tests of everything that downloads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAYS = ("ok", "cut", "wrong", "silent")


@contextmanager
def serving(content: bytes) -> Iterator[str]:
    """Its address: /ok serves the content, /cut half of it, /wrong zeros, /silent nothing; all else is not found.

    What follows the first part of a path is the caller's own: /ok/name.pth serves the content as well.
    """

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            way = self.path.split("/")[1]
            if way not in WAYS:
                self.send_error(404)
                return
            if way == "silent":
                time.sleep(1.5)
                return
            body = bytes(len(content)) if way == "wrong" else content
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if way == "cut" else body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()
