"""The surfaces' formulas, written once: `python -m dlcore.optimizers.symbolic` prints them to NumPy and JavaScript.

Value, slope and curvature of each are derived by SymPy and printed to formulas.py and to
assets/components/race/formulas.js, operation by operation the same. Both are committed; a test prints them again.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlcore.assets import ASSETS

# f(x, y); kappa is the bowl's condition number. Constants are fractions: nothing is rounded before it is printed.
FORMULAS = {
    "bowl": "(x**2 + kappa*y**2)/2",
    "saddle": "(x**2 - y**2)/2 + y**4/4",
    "beale": "(3/2 - x + x*y)**2 + (9/4 - x + x*y**2)**2 + (21/8 - x + x*y**3)**2",
    "rosenbrock": "(1 - x)**2 + 100*(y - x**2)**2",
    "himmelblau": "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
    "rastrigin": "20 + x**2 + y**2 - 10*(cos(TAU*x) + cos(TAU*y))",
    "two_wells": "x**2 + y**2 - 2*exp(-5*((x - 1)**2 + y**2)) - 3*exp(-5*((x + 1)**2 + y**2))",
    "plateau": "1 - exp(-(x**2 + 4*y**2)/4)",
    "monkey_saddle": "x**3 - 3*x*y**2",
}
PARAMETERS = {"bowl": ("kappa",)}
TAU = 6.283185307179586  # 2π

PYTHON = Path(__file__).with_name("formulas.py")
JAVASCRIPT = ASSETS / "components" / "race" / "formulas.js"
PYTHON_HEAD = (
    '"""Value, slope (∂f/∂x, ∂f/∂y) and curvature (∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²) of each surface; printed by '
    f"""symbolic.py.

Each takes x, y and the module `m` its functions come from: numpy for arrays of points, plain for one point.
So the same lines serve a single racer (plain floats, fast) and a map of 16,384 starts.
\"\"\"

from typing import Any

TAU = {TAU}
"""
)
JAVASCRIPT_HEAD = f"""\
// The surfaces' value, slope and curvature: printed by dlcore.optimizers.symbolic, as formulas.py is.
// biome-ignore-all format: printed by a program

const TAU = {TAU};

/** @typedef {{(x: number, y: number, kappa: number) => number}} Value */
/** @typedef {{(x: number, y: number, kappa: number) => number[]}} Derivatives */

/** @type {{Record<string, {{value: Value, slope: Derivatives, curvature: Derivatives}}>}} */
export const FORMULAS = {{
"""


def printed() -> dict[Path, str]:
    """The two files, by path."""
    python, javascript = [PYTHON_HEAD], [JAVASCRIPT_HEAD]
    for name, derived in derivatives():
        python += [in_python(name, kind, steps, results) for kind, (steps, results) in derived.items()]
        parts = [in_javascript(kind, steps, results) for kind, (steps, results) in derived.items()]
        javascript.append(f"  {name}: {{\n{''.join(parts)}  }},\n")
    return {PYTHON: "\n\n".join(python), JAVASCRIPT: "".join(javascript) + "};\n"}


def derivatives() -> Iterator[tuple[str, dict[str, tuple[list[tuple[Any, Any]], list[Any]]]]]:
    """Name of each surface, and for value, slope and curvature the steps that lead to the results."""
    import sympy

    x, y, kappa, tau = sympy.symbols("x y kappa TAU")
    for name, text in FORMULAS.items():
        f = sympy.sympify(text, locals={"x": x, "y": y, "kappa": kappa, "TAU": tau})
        wanted = {
            "value": [f],
            # Factors are kept in front of sums: 200 (y − x²) loses fewer digits near the minimum than 200 y − 200 x².
            "slope": [sympy.factor_terms(f.diff(by)) for by in (x, y)],
            "curvature": [sympy.factor_terms(f.diff(*by)) for by in ((x, x), (x, y), (y, y))],
        }
        yield name, {kind: shared(expressions) for kind, expressions in wanted.items()}


def shared(expressions: list[Any]) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """What several expressions have in common, computed once and first; and the expressions made of it."""
    import sympy

    # A sum that is raised to a power occurs more than once as soon as the power is a product.
    raised = [power.base for each in expressions for power in each.atoms(sympy.Pow) if power.base.is_Add]
    raised.sort(key=sympy.default_sort_key)
    steps, results = sympy.cse([*expressions, *raised], symbols=sympy.numbered_symbols("s"))
    return steps, results[: len(expressions)]


def spelled(expression: Any, functions: str) -> str:
    """An expression as both languages read it: powers as products, fractions as decimal numbers.

    Args:
        functions: what stands before exp, cos and sin.
    """
    from sympy.printing.precedence import PRECEDENCE
    from sympy.printing.str import StrPrinter

    class Spelled(StrPrinter):
        def _print_Pow(self, power: Any, rational: bool = False) -> str:
            assert power.exp.is_Integer and power.exp > 1, power
            return "*".join([self.parenthesize(power.base, PRECEDENCE["Mul"], strict=False)] * int(power.exp))

        def _print_Rational(self, number: Any) -> str:
            return repr(float(number))

        def _print_Mul(self, product: Any) -> str:
            factors = product.as_ordered_factors()
            sign = "-" if factors[0] == -1 else ""
            return sign + "*".join(self._factor(each) for each in factors[bool(sign) :])

        def _factor(self, factor: Any) -> str:
            if factor.is_Rational and factor > 0:  # printed as a decimal number
                return repr(float(factor)) if factor.q != 1 else str(factor)
            return str(self.parenthesize(factor, PRECEDENCE["Mul"]))

        def _print_Function(self, call: Any) -> str:
            return f"{functions}.{call.func.__name__}({self._print(call.args[0])})"

        _print_exp = _print_cos = _print_sin = _print_Function

    return str(Spelled().doprint(expression)).replace("*", " * ")


def returned(results: list[str], ends: str, indent: str) -> str:
    """What stands behind "return": on one line where it fits, else a line a result.

    Args:
        ends: what encloses more than one result; "()" may be left away.
    """
    together = ", ".join(results)
    if len(together) > 85:
        lines = "".join(f"\n{indent}    {each}," for each in results)
        return f"{ends[0]}{lines}\n{indent}{ends[1]}"
    return together if len(results) == 1 or ends == "()" else f"{ends[0]}{together}{ends[1]}"


def in_python(name: str, kind: str, steps: list[tuple[Any, Any]], results: list[Any]) -> str:
    """One function of formulas.py."""
    title = name if kind == "value" else f"{name}_{kind}"
    given = "".join(f", {each}: Any" for each in PARAMETERS.get(name, ()))
    answer = "Any" if kind == "value" else f"tuple[{', '.join(['Any'] * len(results))}]"
    lines = [f"    {symbol} = {spelled(expression, 'm')}\n" for symbol, expression in steps]
    back = returned([spelled(each, "m") for each in results], "()", "    ")
    return f"def {title}(x: Any, y: Any, m: Any{given}) -> {answer}:\n{''.join(lines)}    return {back}\n"


def in_javascript(kind: str, steps: list[tuple[Any, Any]], results: list[Any]) -> str:
    """One method of formulas.js."""
    lines = [f"      const {symbol} = {spelled(expression, 'Math')};\n" for symbol, expression in steps]
    back = returned([spelled(each, "Math") for each in results], "[]", "      ")
    words = set(re.findall(r"\w+", "".join(lines) + back))
    given = ["x", "y", *(["kappa"] if "kappa" in words else [])]
    used = ", ".join(each if each in words else f"_{each}" for each in given)
    return f"    {kind}({used}) {{\n{''.join(lines)}      return {back};\n    }},\n"


if __name__ == "__main__":
    for path, text in printed().items():
        path.write_text(text, encoding="utf-8")
