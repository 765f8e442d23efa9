"""Watching a server: what is counted while it runs, offered as OpenMetrics, and its log as JSON lines.

Counters live in prometheus_client's registry; `serve` offers them on a port of their own, which no proxy
publishes. Nothing here knows who somebody is: no names, no addresses, no recipes.
"""

import json
import logging
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from dlcore.settings import setting

SESSIONS = Gauge("lab_sessions", "Browser sessions that are open now.")
RERUNS = Histogram(
    "lab_rerun_seconds",
    "Seconds that a page's script ran, by page.",
    ["page"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
ENDED = Counter("lab_trainings_ended", "Trainings that came to an end, by how.", ["how"])
TRAINING_SECONDS = Histogram(
    "lab_training_seconds",
    "Seconds of a training that reached its end.",
    buckets=(1, 2, 5, 10, 20, 60, 180, 600),
)
REFUSED = Counter("lab_trainings_refused", "Trainings that were not admitted: a limit was reached.")
WAITING = Gauge("lab_queue_waiting", "Trainings that wait on the engine.")
WORKERS = Gauge("lab_workers", "Trainings that can run at once; 0 while there is no engine.")


def open_sessions() -> int:
    """Browser sessions that are open in this process now."""
    return int(next(iter(SESSIONS.collect())).samples[0].value)


def serve(address: str = "127.0.0.1") -> int | None:
    """Offer the counters at http://address:DLCORE_METRICS_PORT/metrics; the port, or None if none is asked for.

    Raises:
        OSError: the port is taken.
        SettingError: DLCORE_METRICS_PORT is no port.
    """
    port = setting("DLCORE_METRICS_PORT")
    if port is None:
        return None
    server, _ = start_http_server(port, addr=setting("DLCORE_METRICS_ADDRESS", address))
    return int(server.server_port)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def log_as_json() -> bool:
    """Send the lab's own log records to standard error as JSON lines, if DLCORE_LOG is "json"."""
    if setting("DLCORE_LOG") != "json":
        return False
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name in ("dlcore", "ui"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    return True
