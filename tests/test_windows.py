"""What Windows lacks is asked for before it is used: read from the source, and tried with it taken away."""

import ast
import builtins
import multiprocessing
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from test_safety import SOURCES

MODULES = {"fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
OF_OS = {
    "chown",
    "fchmod",
    "fork",
    "forkpty",
    "getegid",
    "geteuid",
    "getgid",
    "getloadavg",
    "getpgid",
    "getuid",
}
OF_OS |= {
    "killpg",
    "mkfifo",
    "nice",
    "pread",
    "pwrite",
    "register_at_fork",
    "sched_getaffinity",
    "setpgid",
    "setsid",
}
OF_OS |= {
    "statvfs",
    "sysconf",
    "uname",
    "wait3",
    "wait4",
    "waitid",
    "O_DIRECTORY",
    "O_NOFOLLOW",
    "O_NONBLOCK",
}
OF_SIGNAL = {"SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGSTOP", "SIGUSR1", "SIGUSR2", "alarm", "setitimer"}
KEYWORDS = {"pass_fds", "preexec_fn", "start_new_session"}  # of subprocess
WORDS = re.compile(rf"\b({'|'.join(MODULES | OF_OS | OF_SIGNAL | KEYWORDS)})\b")


def used_unasked(tree: ast.AST, is_asked: bool = False) -> Iterator[str]:
    """What only POSIX has and no `try` or `if hasattr(os, …)` stands around."""
    if isinstance(tree, ast.Try):
        caught = {name.id for each in tree.handlers for name in ast.walk(each) if isinstance(name, ast.Name)}
        is_asked |= bool(caught & {"ImportError", "AttributeError", "NotImplementedError"})
    if isinstance(tree, ast.If):
        is_asked |= "hasattr" in ast.unparse(tree.test) or "os.name" in ast.unparse(tree.test)
    if not is_asked:
        if isinstance(tree, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in tree.names] if isinstance(tree, ast.Import) else [tree.module]
            yield from (str(name) for name in names if name in MODULES)
        elif isinstance(tree, ast.Attribute) and isinstance(tree.value, ast.Name):
            if tree.attr in {"os": OF_OS, "signal": OF_SIGNAL}.get(tree.value.id, ()):
                yield f"{tree.value.id}.{tree.attr}"
        elif isinstance(tree, ast.keyword) and tree.arg in KEYWORDS:
            yield tree.arg
    for child in ast.iter_child_nodes(tree):
        yield from used_unasked(child, is_asked)


def test_nothing_that_windows_lacks_is_used_unasked() -> None:
    texts = {str(file): file.read_text(encoding="utf-8") for file in SOURCES}
    worth_reading = {
        file: text for file, text in texts.items() if WORDS.search(text)
    }  # to parse all takes seconds
    found = {file: list(used_unasked(ast.parse(text))) for file, text in worth_reading.items()}
    assert found and {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize("text", ["import resource", "from fcntl import flock", "os.fork()", "signal.alarm(3)",
                                  "Popen(word, preexec_fn=f)"])  # fmt: skip
def test_what_windows_lacks_is_found(text: str) -> None:
    assert WORDS.search(text) and list(used_unasked(ast.parse(text)))
    assert not list(used_unasked(ast.parse(f"try:\n    {text}\nexcept ImportError:\n    pass")))


def test_without_what_windows_lacks_the_engine_and_the_reader_of_files_do_with_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dlcore.data import decoder
    from dlcore.jobs import engine

    import_module = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name in MODULES:
            raise ImportError(name)
        return import_module(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delattr(os, "nice")
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    monkeypatch.setattr(engine, "get_mp_context", None)  # there is nothing to fork from
    engine.step_back()
    engine.keep_one_ready()
    decoder.limit_memory()
    assert decoder.peak() == 0
