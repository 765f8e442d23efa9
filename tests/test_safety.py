"""Reads the source and keeps out what a user's file or text, or a second thread, could turn against us."""

import ast
from collections.abc import Iterator

import pytest
from conftest import ROOT

SOURCES = [
    ROOT / "app.py",
    ROOT / "lab.py",
    ROOT / "serve.py",
    *(file for folder in ("dlcore", "ui", "pages") for file in sorted((ROOT / folder).rglob("*.py"))),
]

# Full names, whatever alias they are imported under.
BANNED = {
    "pickle": "unpickling runs code",
    "cPickle": "unpickling runs code",
    "cloudpickle": "unpickling runs code",
    "dill": "unpickling runs code",
    "joblib": "its files are pickles",
    "shelve": "its files are pickles",
    "marshal": "unmarshalling crashes or runs code",
    "torch.load": "it unpickles; weights are safetensors",
    "cv2.imdecode": "it decodes 48 kB into gigabytes; Pillow reads the header first",
    "eval": "it runs a user's text",
    "exec": "it runs a user's text",
    "os.system": "it runs a shell",
    "sympy.sympify": "its parser calls eval",
    "sympy.S": "its parser calls eval",
    "sympy.parse_expr": "its parser calls eval",
    "sympy.parsing.sympy_parser": "its parser calls eval",
    "torch.manual_seed": "randomness is an argument",
    "torch.seed": "randomness is an argument",
    "torch.random.manual_seed": "randomness is an argument",
    "torch.random.fork_rng": "randomness is an argument",
    "numpy.random.seed": "randomness is an argument",
    "random.seed": "randomness is an argument",
}

# Methods, whoever they are called on.
BANNED_METHODS = {
    "extractall": "it writes outside its folder",
    "register_forward_hook": "a hook on a shared model is seen by every thread",
    "register_forward_pre_hook": "a hook on a shared model is seen by every thread",
    "register_full_backward_hook": "a hook on a shared model is seen by every thread",
    "register_module_forward_hook": "a hook on a shared model is seen by every thread",
    "backward": "it writes into the gradients of a shared model",
}

BANNED_KEYWORDS = {
    "allow_pickle": "unpickling runs code",
    "unsafe_allow_html": "a user's text could become markup",
    "shell": "it runs a shell",
}

# Who may after all: (file, what), each with its reason.
EXCEPTIONS = {
    ("dlcore/training.py", "backward"): "trains the model that it has just built and shares with nobody",
    ("ui/course/comparison.py", "st.html"): "two numbers on a line, every text of them escaped",
    ("ui/frame/tiles.py", "st.html"): "pictures with captions, every text of them escaped; a test tries",
    (
        "ui/frame/rows_of_intervals.py",
        "st.html",
    ): "shares with intervals, every text of them escaped; a test tries",
    ("dlcore/oracles/", "backward"): "a second opinion on copies of its own",
    ("dlcore/oracles/", "register_forward_hook"): "peers hook, so they get a private copy",
    ("dlcore/oracles/", "register_full_backward_hook"): "peers hook, so they get a private copy",
    (
        "dlcore/optimizers/symbolic.py",
        "sympy.sympify",
    ): "a developer's command; it reads formulas of that file only",
}
# The one function that may unpickle: published weights, hash checked, weights_only=True.
MAY_LOAD = "published_weights"


def aliases(tree: ast.AST) -> dict[str, str]:
    """The full name behind every imported one: {"np": "numpy", "load": "torch.load"}."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def full_name(node: ast.AST, names: dict[str, str]) -> str:
    """torch.load for `t.load` after `import torch as t`; "" for what is not a plain dotted name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = full_name(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def imported(node: ast.AST) -> list[str]:
    """The full names that an import statement brings in, and the module they come from."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def is_safe_load(node: ast.AST) -> bool:
    """Whether this is the one function that may unpickle, and every load in it is weights_only=True."""
    if not (isinstance(node, ast.FunctionDef) and node.name == MAY_LOAD):
        return False
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    loads = [call for call in calls if getattr(call.func, "attr", "") == "load"]
    return all(any(ast.unparse(word) == "weights_only=True" for word in call.keywords) for call in loads)


def findings(file: str, text: str) -> Iterator[str]:
    """One line for everything banned in this source text."""
    tree = ast.parse(text)
    names = aliases(tree)
    pardoned = {inner for node in ast.walk(tree) if is_safe_load(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for what, why in banned_in(node, names).items():
            if what == "torch.load" and node in pardoned:
                continue
            if not any(file.startswith(path) and what == name for path, name in EXCEPTIONS):
                yield f"{file}:{getattr(node, 'lineno', 0)} {what}: {why}"


def banned_in(node: ast.AST, names: dict[str, str]) -> dict[str, str]:
    """What is banned in this one node, and why."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return {name: BANNED[name] for name in imported(node) if name in BANNED}
        case ast.keyword(arg=str(word)) if word in BANNED_KEYWORDS and ast.unparse(node.value) != "False":
            return {word: BANNED_KEYWORDS[word]}
        case ast.Call(func=func) if full_name(func, names) == "streamlit.html":
            return {} if all(map(is_constant, node.args)) else {"st.html": "only constants become markup"}
        case ast.Name() | ast.Attribute() if (name := full_name(node, names)) in BANNED:
            return {name: BANNED[name]}
        case ast.Attribute(value=owner, attr=method) if method in BANNED_METHODS:
            # backprop.backward is a function of ours: its owner is a module, not a tensor.
            ours = full_name(owner, names).startswith("dlcore.")
            return {} if ours else {method: BANNED_METHODS[method]}
    return {}


def is_constant(node: ast.expr) -> bool:
    """A literal string, or a module's CONSTANT."""
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return isinstance(node, ast.Constant) or (bool(name) and name.isupper())


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_source_has_nothing_banned(file: object) -> None:
    name = file.relative_to(ROOT).as_posix()  # type: ignore[attr-defined]
    assert list(findings(name, file.read_text(encoding="utf-8"))) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib",
        "import torch\ntorch.load('weights.pt')",
        "import torch as t\nt.load('weights.pt')",
        "from torch import load",
        "import torch\ndef published_weights(f):\n    return torch.load(f)",
        "import torch\ndef weights(f):\n    return torch.load(f, weights_only=True)",
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import numpy as np\nnp.load(file, allow_pickle=yes)",
        "import cv2\ncv2.imdecode(data, 1)",
        "archive.extractall(folder)",
        "eval(text)",
        "run = exec",
        "import streamlit as st\nst.markdown(text, unsafe_allow_html=True)",
        "import streamlit as st\nst.html(f'<b>{name}</b>')",
        "import torch\ntorch.manual_seed(0)",
        "import torch\nwith torch.random.fork_rng():\n    pass",
        "import numpy as np\nnp.random.seed(0)",
        "model.register_forward_hook(keep)",
        "loss.backward()",
        "import sympy\nsympy.sympify(text)",
        "import sympy as sp\nsp.S(text)",
        "from sympy import parse_expr",
        "from sympy.parsing.sympy_parser import parse_expr",
        "import subprocess\nsubprocess.run(text, shell=True)",
    ],
)
def test_something_banned_is_found(text: str) -> None:
    assert list(findings("dlcore/fake.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "from dlcore import backprop\nbackprop.backward(params, x, y)",
        "import torch\ngenerator = torch.Generator().manual_seed(0)",
        "import numpy as np\nnp.load(file, allow_pickle=False)",
        "model.eval()",
        "import streamlit as st\nst.html(CSS)\nst.html('<style></style>')",
        "import torch\ndef published_weights(f):\n    return torch.load(f, weights_only=True)",
        "import sympy\nsympy.Symbol('x')",
    ],
)
def test_the_allowed_neighbour_passes(text: str) -> None:
    assert list(findings("dlcore/fake.py", text)) == []


def test_exceptions_hold_for_their_file_only() -> None:
    assert list(findings("dlcore/training.py", "loss.backward()")) == []
    assert list(findings("dlcore/gradcam.py", "loss.backward()"))
    assert list(findings("dlcore/training.py", "model.register_forward_hook(keep)"))
