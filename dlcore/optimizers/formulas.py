"""Value, slope (∂f/∂x, ∂f/∂y) and curvature (∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²) of each surface; printed by symbolic.py.

Each takes x, y and the module `m` its functions come from: numpy for arrays of points, plain for one point.
So the same lines serve a single racer (plain floats, fast) and a map of 16,384 starts.
"""

from typing import Any

TAU = 6.283185307179586


def bowl(x: Any, y: Any, m: Any, kappa: Any) -> Any:
    return 0.5 * kappa * y * y + 0.5 * x * x


def bowl_slope(x: Any, y: Any, m: Any, kappa: Any) -> tuple[Any, Any]:
    return x, kappa * y


def bowl_curvature(x: Any, y: Any, m: Any, kappa: Any) -> tuple[Any, Any, Any]:
    return 1, 0, kappa


def saddle(x: Any, y: Any, m: Any) -> Any:
    return 0.5 * x * x + 0.25 * y * y * y * y - 0.5 * y * y


def saddle_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    return x, y * (y * y - 1)


def saddle_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 1, 0, 3 * y * y - 1


def beale(x: Any, y: Any, m: Any) -> Any:
    s0 = -x
    s1 = s0 + x * y + 1.5
    s2 = s0 + x * y * y + 2.25
    s3 = s0 + x * y * y * y + 2.625
    return s1 * s1 + s2 * s2 + s3 * s3


def beale_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    s0 = 2 * x
    s1 = y * y * y
    s2 = 8 * x
    s3 = s1 * s2 - s2 + 21
    s4 = y * y
    s5 = 4 * x
    s6 = s4 * s5 - s5 + 9
    return (
        0.25 * s3 * (s1 - 1) + 0.5 * s6 * (s4 - 1) + (y - 1) * (s0 * y - s0 + 3),
        s0 * (0.375 * s3 * s4 + 0.5 * s6 * y + x * y - x + 1.5),
    )


def beale_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    s0 = y - 1
    s1 = y * y
    s2 = s1 - 1
    s3 = y * y * y
    s4 = s3 - 1
    s5 = 2 * x
    s6 = 4 * x
    s7 = 6 * s1 * x
    s8 = 8 * x
    s9 = 0.75 * s3 * s8 - 0.75 * s8 + 15.75
    return (
        2 * s0 * s0 + 2 * s2 * s2 + 2 * s4 * s4,
        s0 * s5 + s1 * s9 + s2 * s6 * y + s4 * s7 + s5 * y - s5 + y * (s1 * s6 - s6 + 9) + 3,
        s5 * (s7 + s9 * y + 9 * x * y * y * y * y - x + 4.5),
    )


def rosenbrock(x: Any, y: Any, m: Any) -> Any:
    s0 = 1 - x
    s1 = -x * x + y
    return s0 * s0 + 100 * s1 * s1


def rosenbrock_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    s0 = -x * x + y
    return -400 * s0 * x + 2 * x - 2, 200 * s0


def rosenbrock_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 2 * (600 * x * x - 200 * y + 1), -400 * x, 200


def himmelblau(x: Any, y: Any, m: Any) -> Any:
    s0 = x + y * y - 7
    s1 = x * x + y - 11
    return s0 * s0 + s1 * s1


def himmelblau_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    s0 = x * x + y - 11
    s1 = x + y * y - 7
    return 4 * s0 * x + 2 * s1, 2 * s0 + 4 * s1 * y


def himmelblau_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    return 2 * (6 * x * x + 2 * y - 21), 4 * (x + y), 2 * (2 * x + 6 * y * y - 13)


def rastrigin(x: Any, y: Any, m: Any) -> Any:
    return x * x + y * y - 10 * m.cos(TAU * x) - 10 * m.cos(TAU * y) + 20


def rastrigin_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    s0 = 5 * TAU
    return 2 * s0 * m.sin(TAU * x) + 2 * x, 2 * s0 * m.sin(TAU * y) + 2 * y


def rastrigin_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    s0 = 5 * TAU * TAU
    return 2 * s0 * m.cos(TAU * x) + 2, 0, 2 * s0 * m.cos(TAU * y) + 2


def two_wells(x: Any, y: Any, m: Any) -> Any:
    s0 = y * y
    s1 = 5 * s0
    s2 = x - 1
    s3 = x + 1
    return s0 + x * x - 2 * m.exp(-s1 - 5 * s2 * s2) - 3 * m.exp(-s1 - 5 * s3 * s3)


def two_wells_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    s0 = x + 1
    s1 = 5 * y * y
    s2 = 15 * m.exp(-5 * s0 * s0 - s1)
    s3 = x - 1
    s4 = 10 * m.exp(-s1 - 5 * s3 * s3)
    return 2 * s0 * s2 + 2 * s3 * s4 + 2 * x, 2 * y * (s2 + s4 + 1)


def two_wells_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    s0 = x + 1
    s1 = s0 * s0
    s2 = y * y
    s3 = 5 * s2
    s4 = m.exp(-5 * s1 - s3)
    s5 = 150 * s4
    s6 = x - 1
    s7 = s6 * s6
    s8 = m.exp(-s3 - 5 * s7)
    s9 = 100 * s8
    s10 = 15 * s4 + 10 * s8 + 1
    return (
        -2 * s1 * s5 + 2 * s10 - 2 * s7 * s9,
        -100 * y * (3 * s0 * s4 + 2 * s6 * s8),
        2 * s10 - 2 * s2 * s5 - 2 * s2 * s9,
    )


def plateau(x: Any, y: Any, m: Any) -> Any:
    return 1 - m.exp(-0.25 * x * x - y * y)


def plateau_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    s0 = m.exp(-0.25 * x * x - y * y)
    return 0.5 * s0 * x, 2 * s0 * y


def plateau_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    s0 = x * x
    s1 = y * y
    s2 = m.exp(-0.25 * s0 - s1)
    return 0.25 * s2 * (2 - s0), -s2 * x * y, -4 * s1 * s2 + 2 * s2


def monkey_saddle(x: Any, y: Any, m: Any) -> Any:
    return x * x * x - 3 * x * y * y


def monkey_saddle_slope(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    return 3 * (x * x - y * y), -6 * x * y


def monkey_saddle_curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
    s0 = 6 * x
    return s0, -6 * y, -s0
