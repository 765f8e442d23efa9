"""Two queues, event by event: learners who share a processor, and trainings that wait for a worker.

Knows nothing of the lab. Held against what is known exactly in tests/test_capacity.py: the mean wait of M/M/c
(Erlang's formula), and the mean response of a closed system under processor sharing, which depends on the mean
service alone (Baskett, Chandy, Muntz and Palacios, J. ACM 22, 1975).
"""

import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush

import numpy as np

Draw = Callable[[], float]  # the next random duration, in seconds


def shared_processor(
    learners: int, think: Draw, service: Draw, seconds: float, speed: float = 1.0
) -> np.ndarray:
    """Response times, in seconds, in the order of their ends, of learners who think, ask and wait in turn.

    All that is asked for is worked on at once, each by an equal share, as threads under one interpreter lock are:
    n answers under way each proceed at the rate speed / n. In virtual time, which grows at that rate, an answer ends
    where it began plus its service; so one heap holds them in the order in which they will end.

    Args:
        think: seconds between an answer and the next question of the same learner.
        service: processor seconds that an answer takes.
        seconds: how long is simulated; the first tenth is left out.
        speed: the share of a core that this process gets.
    """
    wakes = [think() for _ in range(learners)]
    heapify(wakes)
    under_way: list[tuple[float, float]] = []  # (virtual time of its end, time of its begin)
    found: list[float] = []
    now = virtual = 0.0
    while now < seconds:
        ends = now + (under_way[0][0] - virtual) * len(under_way) / speed if under_way else math.inf
        if wakes and wakes[0] <= ends:
            if under_way:
                virtual += (wakes[0] - now) * speed / len(under_way)
            now = heappop(wakes)
            heappush(under_way, (virtual + service(), now))
        else:
            now = ends
            virtual, begin = heappop(under_way)
            heappush(wakes, now + think())
            if now > seconds / 10:
                found.append(now - begin)
    return np.array(found)


def waits(arrivals: np.ndarray, service: np.ndarray, workers: int) -> np.ndarray:
    """Seconds that each job waits for one of so many equal workers; first come, first served.

    Args:
        arrivals: (n,) times, ascending.
        service: (n,) seconds that each job takes once it has begun.
    """
    free = [0.0] * workers
    found = np.empty(len(arrivals))
    for i, (arrival, seconds) in enumerate(zip(arrivals, service, strict=True)):
        begin = max(arrival, heappop(free))
        heappush(free, begin + seconds)
        found[i] = begin - arrival
    return found
