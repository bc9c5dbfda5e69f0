"""All stationary points of one function for a thousand data sets: where is a source, by its ranges from three sensors?

python examples/data_sets.py

Needs the extra `symbolic`. The gradient of squared ranges has five complex roots. They are found once, for complex
ranges, and followed to every data set: no start to choose, and none is missed.
"""

import time
from dataclasses import replace

import numpy as np

from problems import get
from solvers.exact.algebra import expression, stationary_points
from solvers.exact.continuation.family import points_of_data_sets


def main(sets: int = 1000, one_by_one: int = 20) -> None:
    """Prints how fast, beside algebra, and for how many data sets a descent could end in the wrong place."""
    problem = get("localisation")
    noise = np.random.default_rng(0).standard_normal((sets, 3))
    ranges = problem.data * (1 + 0.2 * noise)
    for call in ("first call, with compiling", "another call"):
        begun = time.perf_counter()
        found = points_of_data_sets(problem, ranges)
        print(f"{call}: {_rate(len(found.points), sets, begun)}")
    begun = time.perf_counter()
    alone = [stationary_points(*expression(replace(problem, load=lambda k=k: ranges[k]))) for k in range(one_by_one)]
    points = sum(len(roots.points) for roots in alone)
    print(f"algebra, one by one: {_rate(points, one_by_one, begun)}")
    same = points == np.sum(found.data_set < one_by_one)
    print(f"as many for these: {same}; all roots are found for {np.mean(found.all_found):.1%} of the data sets")
    minima = np.bincount(found.data_set[found.negative == 0], minlength=sets)
    print(f"{np.mean(minima > 1):.1%} have a second minimum, at which a descent would be as content")


def _rate(points: int, sets: int, begun: float) -> str:
    seconds = time.perf_counter() - begun
    return f"{points} stationary points of {sets} data sets in {seconds:.2f} s, {points / seconds:.0f} a second"


if __name__ == "__main__":
    main()
