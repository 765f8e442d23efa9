"""The formulas of the surfaces: value, slope (∂f/∂x, ∂f/∂y), curvature (∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²).

Each takes x, y and the module `m` its functions come from: numpy for arrays of points, plain for one point.
So the same lines serve a single racer (plain floats, fast) and a map of 16,384 starts.
"""

from typing import Any


def saddle(x: Any, y: Any, m: Any) -> Any:
    return 0.5 * (x * x - y * y) + 0.25 * y * y * y * y


def saddle_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    return x, y * y * y - y


def saddle_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 1.0 + 0.0 * x, 0.0 * x, 3 * y * y - 1.0


def beale(x: Any, y: Any, m: Any) -> Any:
    y2, y3 = y * y, y * y * y
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y3
    return a * a + b * b + c * c


def beale_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    y2, y3 = y * y, y * y * y
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y3
    return 2 * (a * (y - 1) + b * (y2 - 1) + c * (y3 - 1)), 2 * x * (a + 2 * b * y + 3 * c * y2)


def beale_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    y2, y3 = y * y, y * y * y
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y3
    ax, bx, cx = y - 1, y2 - 1, y3 - 1
    ay, by, cy = x, 2 * x * y, 3 * x * y2
    xx = 2 * (ax * ax + bx * bx + cx * cx)
    xy = 2 * (ax * ay + bx * by + cx * cy + a + 2 * b * y + 3 * c * y2)
    yy = 2 * (ay * ay + by * by + cy * cy + 2 * b * x + 6 * c * x * y)
    return xx, xy, yy


def rosenbrock(x: Any, y: Any, m: Any) -> Any:
    r = y - x * x
    return (1 - x) * (1 - x) + 100 * r * r


def rosenbrock_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    r = y - x * x
    return 2 * (x - 1) - 400 * x * r, 200 * r


def rosenbrock_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 2 - 400 * (y - 3 * x * x), -400 * x, 200.0 + 0.0 * x


def himmelblau(x: Any, y: Any, m: Any) -> Any:
    a, b = x * x + y - 11, x + y * y - 7
    return a * a + b * b


def himmelblau_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    a, b = x * x + y - 11, x + y * y - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


def himmelblau_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 12 * x * x + 4 * y - 42, 4 * (x + y), 12 * y * y + 4 * x - 26


TAU = 6.283185307179586


def rastrigin(x: Any, y: Any, m: Any) -> Any:
    return 20 + x * x + y * y - 10 * (m.cos(TAU * x) + m.cos(TAU * y))


def rastrigin_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    return 2 * x + 10 * TAU * m.sin(TAU * x), 2 * y + 10 * TAU * m.sin(TAU * y)


def rastrigin_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 2 + 10 * TAU * TAU * m.cos(TAU * x), 0.0 * x, 2 + 10 * TAU * TAU * m.cos(TAU * y)


def two_wells(x: Any, y: Any, m: Any) -> Any:
    y2 = y * y
    right, left = m.exp(-5 * ((x - 1) * (x - 1) + y2)), m.exp(-5 * ((x + 1) * (x + 1) + y2))
    return x * x + y2 - 2 * right - 3 * left


def two_wells_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    y2 = y * y
    right, left = m.exp(-5 * ((x - 1) * (x - 1) + y2)), m.exp(-5 * ((x + 1) * (x + 1) + y2))
    pull = 20 * right + 30 * left  # each well's depth times 10, the width's inverse, times the distance
    return 2 * x - 20 * right + 30 * left + pull * x, 2 * y + pull * y


def two_wells_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    y2 = y * y
    right, left = m.exp(-5 * ((x - 1) * (x - 1) + y2)), m.exp(-5 * ((x + 1) * (x + 1) + y2))
    pull = 20 * right + 30 * left
    xx = 2 + pull - 200 * right * (x - 1) * (x - 1) - 300 * left * (x + 1) * (x + 1)
    return xx, -10 * y * (20 * right * (x - 1) + 30 * left * (x + 1)), 2 + pull - 10 * y2 * pull


def plateau(x: Any, y: Any, m: Any) -> Any:
    return 1 - m.exp(-0.25 * (x * x + 4 * y * y))


def plateau_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    e = m.exp(-0.25 * (x * x + 4 * y * y))
    return 0.5 * x * e, 2 * y * e


def plateau_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    e = m.exp(-0.25 * (x * x + 4 * y * y))
    return (0.5 - 0.25 * x * x) * e, -x * y * e, (2 - 4 * y * y) * e


def monkey(x: Any, y: Any, m: Any) -> Any:
    return x * x * x - 3 * x * y * y


def monkey_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    return 3 * (x * x - y * y), -6 * x * y


def monkey_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 6 * x, -6 * y, -6 * x
