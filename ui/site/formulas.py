"""The lab's formulas as MathML, which a browser draws by itself: LaTeX as far as the lab's own texts use it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape

GREEK = {
    **{"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eta": "η", "theta": "θ", "kappa": "κ"},
    **{"lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "varepsilon": "ε", "varphi": "φ"},
    **{"ell": "ℓ", "partial": "∂", "nabla": "∇", "top": "⊤", "infty": "∞"},
}
OPERATORS = {
    **{"cdot": "·", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "approx": "≈", "in": "∈", "ll": "≪"},
    **{"pm": "±", "leftarrow": "←", "to": "→", "mapsto": "↦", "iff": "⟺", "implies": "⟹", "mid": "|"},
    **{
        "dots": "…",
        "ldots": "…",
        "cdots": "⋯",
        "odot": "⊙",
        "circ": "∘",
        "{": "{",
        "}": "}",
        "#": "#",
        "%": "%",
    },
    **{"lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "lceil": "⌈", "rceil": "⌉"},
    **{"lfloor": "⌊", "rfloor": "⌋", "langle": "⟨", "rangle": "⟩"},
}
LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
NAMES = ("max", "min", "log", "ln", "exp", "arg", "lim", "cos", "sin", "tanh")
BELOW = ("max", "min", "lim")  # their indices stand below in a displayed formula
SPACES = {",": "0.17em", ";": "0.28em", "!": "-0.17em", "quad": "1em", "qquad": "2em", " ": "0.3em"}
SIZES = ("bigl", "bigr", "Bigl", "Bigr", "big", "Big", "left", "right", "displaystyle")
ACCENTS = {"hat": "^", "tilde": "~", "bar": "¯"}
BRACKETS, STILL = tuple("()[]{}|‖⌈⌉⌊⌋⟨⟩"), ' stretchy="false"'
ROWS = ("aligned", "alignedat", "cases")
_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|[{}^_&']|\d+(?:[.,]\d+)*|\.\d+|\s+|.", re.DOTALL)


class UnknownSignError(ValueError):
    """A command of LaTeX that the lab's texts have not used until now."""


@dataclass(frozen=True)
class _Made:
    """A piece of MathML; `below`: its indices stand below and above it, not beside."""

    text: str
    below: bool = False


def mathml(latex: str, display: bool = False) -> str:
    """A formula as a <math> element.

    Args:
        latex: without dollar signs.

    Raises:
        UnknownSignError: a command that is not known here.
    """
    parser = _Parser(_TOKEN.findall(latex))
    inside = parser.row()
    how = ' display="block"' if display else ""
    return f"<math{how}><mrow>{inside}</mrow></math>"


class _Parser:
    """Reads tokens from left to right; every method takes what it has read away."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def next(self) -> str:
        """The next token, read; "" at the end."""
        token = self.peek()
        self.at += 1
        return token

    def peek(self) -> str:
        """The next token that is no space."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def row(self, *ends: str) -> str:
        """All up to one of these tokens, which stays."""
        return "".join(self._scripted(ends))

    def _scripted(self, ends: tuple[str, ...]) -> Iterator[str]:
        while (token := self.peek()) and token not in ends:
            base = self.atom()
            under, over = "", ""
            while (sign := self.peek()) in ("_", "^", "'"):
                self.next()
                if sign == "_":
                    under = self.atom().text
                else:
                    over += "<mo>′</mo>" if sign == "'" else self.atom().text
            yield _with_scripts(base, under, over)

    def group(self) -> str:
        """What stands in braces, or one atom; inside one <mrow>."""
        return f"<mrow>{self.atom().text}</mrow>"

    def raw(self) -> str:
        """The text in braces as it stands."""
        assert self.next() == "{"
        begun = self.at
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
        return "".join(self.tokens[begun : self.at - 1])

    def atom(self) -> _Made:
        """One sign, number, group or command with what belongs to it."""
        token = self.next()
        if token == "{":
            inside = self.row("}")
            self.next()
            return _Made(f"<mrow>{inside}</mrow>")
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[-1:].isdigit():
            return _Made(f"<mn>{token}</mn>")
        if token.isalpha():
            return _Made(f"<mi>{token}</mi>")
        return _operator({"-": "−", "*": "∗"}.get(token, token))

    def command(self, name: str) -> _Made:
        """What a command makes of what follows it."""
        if name in SIZES:
            return _Made(self.atom().text.replace(STILL, ""))
        if name in SPACES:
            return _Made(f'<mspace width="{SPACES[name]}"></mspace>')
        for table, tag in ((GREEK, "mi"), (OPERATORS, "mo"), (LARGE, "mo")):
            if name in table:
                made = _operator(table[name]) if tag == "mo" else _Made(f"<mi>{table[name]}</mi>")
                return replace(made, below=table is LARGE)
        if name in NAMES:
            return _Made(f"<mi>{name}</mi>", below=name in BELOW)
        make: Callable[[], str] | None = getattr(self, f"_{name.rstrip('*')}", None)
        if make is None:
            raise UnknownSignError(f"\\{name}")
        return _Made(make(), below=name in ("underbrace", "operatorname*"))

    def _frac(self) -> str:
        return f"<mfrac>{self.group()}{self.group()}</mfrac>"

    _tfrac = _frac

    def _sqrt(self) -> str:
        return f"<msqrt>{self.atom().text}</msqrt>"

    def _text(self) -> str:
        return f"<mtext>{escape(self.raw()).replace(' ', '&#160;')}</mtext>"

    def _textcolor(self) -> str:
        color = self.raw()
        return f'<mrow class="colored" style="--own: {escape(color, quote=True)}">{self.atom().text}</mrow>'

    def _mathrm(self) -> str:
        return f'<mi mathvariant="normal">{escape(self.raw())}</mi>'

    _operatorname = _mathrm

    def _mathbb(self) -> str:
        letters = {"E": "𝔼", "R": "ℝ", "N": "ℕ", "P": "ℙ", "1": "𝟙"}
        return f"<mi>{letters[self.raw()]}</mi>"

    def _mathbf(self) -> str:
        return f"<mi>{''.join({'1': '𝟏', '0': '𝟎'}.get(sign, sign) for sign in self.raw())}</mi>"

    def _accent(self, sign: str) -> str:
        return f'<mover accent="true">{self.group()}<mo>{sign}</mo></mover>'

    def _hat(self) -> str:
        return self._accent("^")

    def _tilde(self) -> str:
        return self._accent("~")

    def _bar(self) -> str:
        return self._accent("¯")

    def _underbrace(self) -> str:
        return f"<munder>{self.group()}<mo>⏟</mo></munder>"

    def _begin(self) -> str:
        kind = self.raw()
        if kind not in ROWS:
            raise UnknownSignError(f"\\begin{{{kind}}}")
        if kind == "alignedat":
            self.raw()
        rows = []
        while True:
            cells = [self.row("&", "\\\\", "\\end")]
            while self.peek() == "&":
                self.next()
                cells.append(self.row("&", "\\\\", "\\end"))
            rows.append("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in cells) + "</mtr>")
            if self.next() == "\\end":
                self.raw()
                break
            if self.peek() == "[":  # the distance to the next row, as in \\[6pt]
                while self.next() != "]":
                    pass
        table = f'<mtable class="{kind}">{"".join(rows)}</mtable>'
        return f'<mrow><mo stretchy="true">{{</mo>{table}</mrow>' if kind == "cases" else table


def _operator(sign: str) -> _Made:
    """A sign between values; brackets are as high as letters, unless a size stands before them."""
    return _Made(f"<mo{STILL if sign in BRACKETS else ''}>{escape(sign)}</mo>")


def _with_scripts(base: _Made, under: str, over: str) -> str:
    if not under and not over:
        return base.text
    kind = {(True, False): "sub", (False, True): "sup", (True, True): "subsup"}[bool(under), bool(over)]
    if base.below:
        kind = {"sub": "under", "sup": "over", "subsup": "underover"}[kind]
    scripts = "".join(f"<mrow>{script}</mrow>" for script in (under, over) if script)
    return f"<m{kind}>{base.text}{scripts}</m{kind}>"
