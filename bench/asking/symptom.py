"""What the doctor says: a fact with what it rests on, and what to do about it."""

from typing import NamedTuple

from bench.asking.tape import Origin


class Symptom(NamedTuple):
    """One finding about a loss."""

    about: str
    """One word: value, gradient, Hessian, scale, curvature, structure, plateau, dtype."""
    fact: str
    advice: str = ""
    serious: bool = True
    """Does it stand in the way of solvers? Else it only helps to choose one."""


def of_origin(origin: Origin, where: str, share: str) -> Symptom:
    """An operation that makes something infinite or NaN, in words.

    Args:
        origin: the operation.
        where: the point at which it was found.
        share: of the points looked at, at how many the same thing is not finite.
    """
    thing = {"value": "f", "gradient": "the gradient", "Hessian": "the Hessian"}[origin.what]
    by = f"{_NAMES.get(origin.operation, origin.operation)} of {origin.at}"
    unused = ", whose slope is multiplied by 0 there: 0 times infinity is NaN" if origin.unused else ""
    place = f" ({origin.place})" if origin.place else ""
    fact = f"{thing} is not finite at {where}{share}, where f is finite: through {by}{unused}{place}"
    if origin.what == "value":
        fact = f"f is not finite at {where}{share}: through {by}{place}"
    return Symptom(origin.what, fact, _advice(origin))


def _advice(origin: Origin) -> str:
    if origin.what == "value":
        return _VALUES.get(origin.operation, "keep its argument where it has a value: a bound, or another variable")
    at_its_edge = not (origin.unused and origin.chosen) or origin.operation in _SPECTRAL
    return {**_ROOTS, **_SPECTRAL, **_EDGES}.get(origin.operation, _KEEP_AWAY) if at_its_edge else _BRANCH


_NAMES = {
    "sqrt": "the square root",
    "rsqrt": "one over the square root",
    "log": "the logarithm",
    "log1p": "log1p",
    "div": "the quotient",
    "pow": "the power",
    "integer_pow": "the power",
    "exp": "the exponential",
    "svd": "the singular value decomposition",
    "eigh": "the eigenvalue decomposition",
    "cholesky": "the Cholesky factorisation",
    "custom_linear_solve": "the solution of a linear system",
    "acos": "arccos",
    "asin": "arcsin",
    "custom_jvp_call": "a function with a derivative of its own",
}
_BRANCH = (
    "as in the branch of a where that is not taken: give the operation a harmless argument there, "
    "jnp.where(ok, g(jnp.where(ok, x, 1.0)), other)"
)
_KEEP_AWAY = "keep its argument away from there, or give it a derivative of its own by jax.custom_jvp"
_ROOTS = {
    "sqrt": "the root has no derivative at 0 (a norm is such a root): square before the root, sum(x**2) instead of "
    "norm(x)**2, or add a small number under it, sqrt(s + 1e-12)",
    "rsqrt": "add a small number under the root: rsqrt(s + 1e-12)",
    "pow": "write whole powers as x**2, not x**2.0, and keep the base of others above 0, (x + 1e-12)**p",
}
_SPECTRAL = {
    "svd": "equal singular values have no derivative one by one: write the loss in the matrix itself (trace, norm or "
    "product), or start where they differ",
    "eigh": "equal eigenvalues have no derivative one by one: write the loss in the matrix itself (its determinant), "
    "or start where they differ",
}
_EDGES = {
    "log": "keep the argument above 0: log(x + 1e-12), or a variable u with x = exp(u)",
    "div": "keep the divisor away from 0",
    **dict.fromkeys(
        ("acos", "asin"), "its slope is infinite at -1 and 1: an angle is arctan2(sine, cosine); or clip to 1 - 1e-7"
    ),
    "atan2": "the angle of (0, 0) is none: keep the point away from there",
}
_VALUES = {
    "log": "the logarithm needs an argument above 0: a variable u with x = exp(u), or a box that keeps away from 0",
    "sqrt": "the root needs an argument that is not negative: a variable u with x = u**2, or a box that keeps there",
    "div": "the divisor is 0 there: keep the box away from it",
    "exp": "it overflows: scale the variables, or write it by logsumexp or softplus",
    "cholesky": "the matrix is not positive definite there: add a multiple of the identity",
    "custom_linear_solve": "the matrix is singular there: add a multiple of the identity, or use jnp.linalg.lstsq",
}
