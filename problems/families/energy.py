"""Energy surfaces of physics: minima people look for, and zero modes that make a plain Newton step singular."""

import json
from importlib.resources import files
from typing import Any

import jax.numpy as jnp
import numpy as np

from problems.problem import Problem, Truth

CLUSTERS = {
    3: -3.0, 4: -6.0, 5: -9.103852, 6: -12.712062, 7: -16.505384, 8: -19.821489, 9: -24.113360, 10: -28.422532,
    11: -32.765970, 12: -37.967600, 13: -44.326801, 38: -173.928427,
}  # fmt: skip
"""Lennard-Jones: the lowest energy known for so many atoms, six decimals."""
CHARGES = {
    4: 3.674234614, 5: 6.474691495, 6: 9.985281374, 7: 14.452977414, 8: 19.675287861, 9: 25.759986531,
    10: 32.716949460, 11: 40.596450510, 12: 49.165253058,
}  # fmt: skip
"""Thomson: the lowest energy known for so many charges, nine decimals."""


def muller_brown() -> Problem:
    """Four Gaussians on [-1.5, 1.2] x [-0.2, 2]: three minima and the two saddles between them."""
    figures = json.loads(files("problems").joinpath("data/energy.json").read_text(encoding="utf-8"))["muller-brown"]
    points = np.array(figures["points"])
    return Problem(
        name="muller-brown",
        fn=surface,
        lower=np.array([-1.5, -0.2]),
        upper=np.array([1.2, 2.0]),
        truth=Truth(
            "best_known", "published to six digits, refined by Newton's method", figures["minimum"], points[:1], points
        )._replace(digits=14.0),
        reference="Muller & Brown 1979, Theoretica Chimica Acta 53, 75, table 1",
        load=lambda: tuple(np.array(row) for row in _GAUSSIANS),
        tags=frozenset({"multimodal", "physics"}),
    )


_GAUSSIANS = (
    (-200.0, -100.0, -170.0, 15.0),
    (-1.0, -1.0, -6.5, 0.7),
    (0.0, 0.0, 11.0, 0.6),
    (-10.0, -10.0, -6.5, 0.7),
    (1.0, 0.0, -0.5, -1.0),
    (0.0, 0.5, 1.5, 1.0),
)


def surface(x: Any, data: Any) -> Any:
    """The sum of the four terms A exp(a dx^2 + b dx dy + c dy^2)."""
    A, a, b, c, centre_x, centre_y = data
    dx, dy = x[0] - centre_x, x[1] - centre_y
    return jnp.sum(A * jnp.exp(a * dx**2 + b * dx * dy + c * dy**2))


def lennard_jones(n: int) -> Problem:
    """4 sum over pairs of r^-12 - r^-6, for n / 3 atoms in space.

    Moving or turning the cluster changes nothing: the Hessian has six zero eigenvalues at every stationary point.
    """
    atoms = _particles("lennard-jones", n, 3, least=2)
    first, second = np.triu_indices(atoms, 1)

    def fn(x: Any, data: Any) -> Any:
        place = x.reshape(atoms, 3)
        attraction = jnp.sum((place[first] - place[second]) ** 2, axis=1) ** -3
        return 4 * jnp.sum(attraction**2 - attraction)

    reach = 0.9 * atoms ** (1 / 3)
    return Problem(
        name=f"lennard-jones-n{n}",
        fn=fn,
        lower=np.full(n, -reach),
        upper=np.full(n, reach),
        truth=_published(CLUSTERS.get(atoms), "Cambridge Cluster Database; SciPy's table agrees"),
        reference="Jones 1924; Wales & Doye 1997, J. Phys. Chem. A 101, 5111",
        tags=frozenset({"multimodal", "physics", "singular"}),
    )


def thomson(n: int) -> Problem:
    """Sum over pairs of 1 / r for n / 2 charges on the unit sphere; x = (polar angles, azimuths).

    Turning the sphere changes nothing: three zero eigenvalues. At the poles the azimuth has no meaning.
    """
    charges = _particles("thomson", n, 2, least=2)
    first, second = np.triu_indices(charges, 1)

    def fn(x: Any, data: Any) -> Any:
        polar, azimuth = x[:charges], x[charges:]
        turned = jnp.cos(azimuth[first] - azimuth[second])
        sines, cosines = jnp.sin(polar), jnp.cos(polar)
        along = sines[first] * sines[second] * turned + cosines[first] * cosines[second]
        return jnp.sum((2 - 2 * along) ** -0.5)

    return Problem(
        name=f"thomson-n{n}",
        fn=fn,
        lower=np.repeat([0.1, 0.0], charges),
        upper=np.repeat([np.pi - 0.1, 2 * np.pi], charges),
        truth=_published(CHARGES.get(charges), "tables of Wales & Ulker 2006; proved for 4, 5, 6 and 12 charges"),
        reference="Thomson 1904; Wales & Ulker 2006, Physical Review B 74, 212101",
        tags=frozenset({"multimodal", "physics", "singular"}),
    )


def _particles(name: str, n: int, each: int, least: int) -> int:
    if n % each or n < least * each:
        raise ValueError(f"{name} needs n a multiple of {each}, n >= {least * each}")
    if n > _MOST_PARTICLES * each:
        raise ValueError(f"{name} needs n <= {_MOST_PARTICLES * each}; it has a term for every pair")
    return n // each


_MOST_PARTICLES = 10_000


def _published(energy: float | None, source: str) -> Truth:
    return Truth("unknown", "no published energy") if energy is None else Truth("best_known", source, energy)


_SEEN = [
    (-0.558224, 1.441726),
    (0.623499, 0.028038),
    (-0.050011, 0.466694),
    (0.212487, 0.292988),
    (-0.822002, 0.624313),
]
"""The published coordinates, lowest minimum first, saddles last."""


def _refine() -> dict[str, Any]:
    """The published points by Newton's method; they must not move by more than their last digit."""
    import jax

    jax.config.update("jax_enable_x64", True)
    data = tuple(np.array(row) for row in _GAUSSIANS)
    slope, hessian = jax.grad(surface), jax.hessian(surface)
    points = np.array(_SEEN)
    for _ in range(8):
        points = np.array([x - np.linalg.solve(hessian(x, data), slope(x, data)) for x in points])
    if np.abs(points - np.array(_SEEN)).max() > 1e-6:
        raise ArithmeticError("a published point is not stationary")
    return {"muller-brown": {"points": points.tolist(), "minimum": float(surface(points[0], data))}}


if __name__ == "__main__":
    target = files("problems").joinpath("data/energy.json")
    target.write_text(json.dumps(_refine(), indent=1) + "\n", encoding="utf-8")  # type: ignore[attr-defined]
    print(f"wrote {target}")
