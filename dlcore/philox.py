"""Random numbers that a browser draws as well, equal to the last bit: Philox4x32-10, uniforms, normals, permutations.

Counter-based (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): the k-th number is a function of
seed, stream and k, so there is no state to hand over. Its second copy is assets/components/shared/philox.js. All that
is computed in floating point is + − × ÷ and √, in a fixed order: library logarithms and sines differ between
processors and languages in the last digit, these do not.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Floats = NDArray[np.float64]

_MULTIPLIERS: Final = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL: Final = (0x9E3779B9, 0xBB67AE85)  # what the key grows by each round: golden ratio, √3 − 1
_LOW: Final = np.uint64(0xFFFFFFFF)
_SHIFT: Final = np.uint64(32)


def philox(counter: Words, key: tuple[int, int], rounds: int = 10) -> Words:
    """Four random words for each counter: Philox4x32 as Random123 publishes it.

    Args:
        counter: (..., 4) words.
        key: two words of 32 bits.

    Returns:
        (..., 4) words.
    """
    c0, c1, c2, c3 = (counter[..., i].astype(np.uint64) for i in range(4))
    k0, k1 = key
    for _ in range(rounds):
        p, q = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (
            (q >> _SHIFT) ^ c1 ^ np.uint64(k0),
            q & _LOW,
            (p >> _SHIFT) ^ c3 ^ np.uint64(k1),
            p & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def _pairs(seed: int, n: int, stream: int, start: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Words 2k and 2k + 1 of a stream, for k from start on: two arrays (n,)."""
    for name, value in (("seed", seed), ("stream", stream), ("start", start)):
        if not 0 <= value < 2**53:  # what a browser's number can hold
            raise ValueError(f"{name} must be in [0, 2^53), not {value}")
    blocks = np.arange(start // 2, (start + n + 1) // 2, dtype=np.uint64)
    counter = np.empty((len(blocks), 4), np.uint32)
    counter[:, 0], counter[:, 1] = blocks & _LOW, blocks >> _SHIFT
    counter[:, 2], counter[:, 3] = stream & 0xFFFFFFFF, stream >> 32
    pairs = philox(counter, (seed & 0xFFFFFFFF, seed >> 32)).reshape(-1, 2)[start % 2 :][:n].astype(np.uint64)
    return pairs[:, 0], pairs[:, 1]


def uniforms(seed: int, n: int, stream: int = 0, start: int = 0) -> Floats:
    """n numbers in [0, 1), all multiples of 2⁻⁵³ equally likely.

    Args:
        seed: 0 to 2⁵³ − 1.
        stream: an independent sequence of the same seed, 0 to 2⁵³ − 1.
        start: how many numbers of the sequence to pass over.

    Returns:
        (n,).

    Raises:
        ValueError: a seed, stream or start that is out of range.
    """
    a, b = _pairs(seed, n, stream, start)
    return ((a >> np.uint64(5)) * np.uint64(2**26) + (b >> np.uint64(6))) / 2.0**53


def normals(seed: int, n: int, stream: int = 0, start: int = 0) -> Floats:
    """n numbers from N(0, 1): the quantile function at the middles of 2⁵² equal parts of (0, 1); |z| ≤ 8.21.

    Arguments, shape and errors as of uniforms; the k-th normal is made of the k-th uniform's words.
    """
    a, b = _pairs(seed, n, stream, start)
    return quantile((((a >> np.uint64(6)) * np.uint64(2**26) + (b >> np.uint64(6))) + 0.5) / 2.0**52)


def permutation(seed: int, n: int, stream: int = 0, start: int = 0) -> NDArray[np.int64]:
    """The numbers 0 … n − 1 in random order, (n,): the order that sorts n uniforms. Errors as of uniforms."""
    return np.argsort(uniforms(seed, n, stream, start), kind="stable")


_LN2: Final = 0.6931471805599453
_ROOT_HALF: Final = 0.7071067811865476


def log(x: Floats) -> Floats:
    """ln x for normal x > 0, built from + − × ÷: x = m·2^e, ln m = 2 artanh s by its series, s = (m − 1)/(m + 1).

    m lies in [√½, √2), so |s| < 0.172 and twelve terms are enough; error below 1e-15 relative to max(1, |ln x|).
    """
    m, e = np.frexp(x)
    small = m < _ROOT_HALF
    m, e = np.where(small, 2.0 * m, m), np.where(small, e - 1, e)
    s = (m - 1.0) / (m + 1.0)
    t = s * s
    series = np.zeros_like(t)
    for k in range(11, -1, -1):
        series = series * t + 1.0 / (2 * k + 1)
    return e * _LN2 + 2.0 * s * series


# Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND16: numerator and
# denominator of a rational function, highest power first, for the middle, the tails, and the far tails.
_MIDDLE: Final = (
    (
        *(2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457),
        *(13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    ),
    (
        *(5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867),
        *(5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
    ),
)
_TAIL: Final = (
    (
        *(
            7.7454501427834140764e-4,
            2.27238449892691845833e-2,
            2.4178072517745061177e-1,
            1.27045825245236838258,
        ),
        *(3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    ),
    (
        *(
            1.05075007164441684324e-9,
            5.475938084995344946e-4,
            1.51986665636164571966e-2,
            1.4810397642748007459e-1,
        ),
        *(6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187, 1.0),
    ),
)
_FAR: Final = (
    (
        *(
            2.01033439929228813265e-7,
            2.71155556874348757815e-5,
            1.2426609473880784386e-3,
            2.6532189526576123093e-2,
        ),
        *(2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    ),
    (
        *(
            2.04426310338993978564e-15,
            1.4215117583164458887e-7,
            1.8463183175100546818e-5,
            7.868691311456132591e-4,
        ),
        *(1.48753612908506148525e-2, 1.3692988092273580531e-1, 5.9983220655588793769e-1, 1.0),
    ),
)


def quantile(p: Floats) -> Floats:
    """The z below which a standard normal variable falls with probability p, for p in (0, 1).

    Within 2e-15 · max(1, |z|) of scipy.stats.norm.ppf; the same bits in every language.
    """
    q = p - 0.5
    near = q * _ratio(_MIDDLE, 0.180625 - q * q)
    r = np.sqrt(-log(np.where(q < 0.0, p, 1.0 - p)))
    tail = np.where(r <= 5.0, _ratio(_TAIL, r - 1.6), _ratio(_FAR, r - 5.0))
    return np.where(np.abs(q) <= 0.425, near, np.where(q < 0.0, -tail, tail))


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Floats) -> Floats:
    above, below = (np.full_like(x, polynomial[0]) for polynomial in polynomials)
    for a, b in zip(polynomials[0][1:], polynomials[1][1:], strict=True):
        above, below = above * x + a, below * x + b
    return above / below
