"""What statisticians fit, on data that scikit-learn ships. Reference fits by other libraries: `problems.tables.fits`.

Features are standardised by their population deviation; x holds the coefficients and, last, the intercept.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import numpy as np
from jaxtyping import Float

from problems.least_squares import closed_form, linear_residuals, sum_of_squares
from problems.problem import Problem, Truth

_SHRINK = 10.0
"""The ridge of `ridge-diabetes`: f has half of it times |w|^2."""


def ols_diabetes() -> Problem:
    """Least squares of the disease's progress on ten measurements: |y - A x|^2."""
    return Problem(
        name="ols-diabetes",
        fn=sum_of_squares(linear_residuals),
        load=diabetes,
        closed_form=closed_form,
        residuals=linear_residuals,
        tags=frozenset({"statistics", "least-squares", "linear", "convex", "closed-form", "real-data"}),
        **fitted("ols-diabetes"),
    )


def ridge_diabetes() -> Problem:
    """1/2 |y - A x|^2 + 5 |w|^2, the intercept not penalised."""

    def fn(x: Any, data: Any) -> Any:
        return jnp.sum(linear_residuals(x, data) ** 2) / 2 + _SHRINK * jnp.sum(x[:-1] ** 2) / 2

    def solved(data: Any) -> Any:
        A, y = data
        penalty = jnp.diag(jnp.append(jnp.full(A.shape[1] - 1, jnp.sqrt(_SHRINK), A.dtype), 0).astype(A.dtype))
        return closed_form((jnp.concatenate([A, penalty]), jnp.append(y, jnp.zeros(A.shape[1], A.dtype))))

    return Problem(
        name="ridge-diabetes",
        fn=fn,
        load=diabetes,
        closed_form=solved,
        tags=frozenset({"statistics", "convex", "closed-form", "real-data"}),
        **fitted("ridge-diabetes"),
    )


def poisson_linnerud() -> Problem:
    """Sit-ups of twenty men, a count with log mean A x: sum exp(A x) - y A x. No closed form; convex."""

    def fn(x: Any, data: Any) -> Any:
        A, y = data
        return jnp.sum(jnp.exp(A @ x) - y * (A @ x))

    tags = frozenset({"statistics", "convex", "real-data"})
    return Problem(name="poisson-linnerud", fn=fn, load=linnerud, tags=tags, **fitted("poisson-linnerud"))


def negative_binomial_linnerud() -> Problem:
    """The same counts with variance m + a m^2; the last variable is log a."""

    def fn(x: Any, data: Any) -> Any:
        A, y = data
        size, mean = jnp.exp(-x[-1]), jnp.exp(A @ x[:-1])
        lgamma = jax.scipy.special.gammaln
        terms = lgamma(y + size) - lgamma(size) - lgamma(y + 1)
        terms += size * jnp.log(size / (size + mean)) + y * jnp.log(mean / (size + mean))
        return -jnp.sum(terms)

    tags = frozenset({"statistics", "real-data"})
    name = "negative-binomial-linnerud"
    return Problem(name=name, fn=fn, load=linnerud, tags=tags, **fitted(name))


def probit_diabetes() -> Problem:
    """Is the progress above its median? P = Phi(A x), by maximum likelihood."""

    def fn(x: Any, data: Any) -> Any:
        A, y = data
        signs = jnp.where(y > jnp.median(y), 1.0, -1.0).astype(x.dtype)
        return -jnp.sum(jax.scipy.stats.norm.logcdf(signs * (A @ x)))

    tags = frozenset({"statistics", "convex", "real-data"})
    return Problem(name="probit-diabetes", fn=fn, load=diabetes, tags=tags, **fitted("probit-diabetes"))


def multinomial(name: str, load: Callable[[], Any]) -> Problem:
    """Softmax regression of three classes with ridge 1/2 |W|^2 on the weights, not on the intercepts.

    Adding a number to all intercepts changes nothing, so the Hessian is singular along that line.
    """

    def fn(x: Any, data: Any) -> Any:
        A, labels = data
        W, intercepts = x[:-3].reshape(3, -1), x[-3:]
        log_odds = jax.nn.log_softmax(A @ W.T + intercepts)
        hits = jax.nn.one_hot(labels, 3, dtype=x.dtype)
        return -jnp.sum(hits * log_odds) + jnp.sum(W**2) / 2

    tags = frozenset({"statistics", "convex", "real-data", "singular"})
    return Problem(name=name, fn=fn, load=load, tags=tags, **fitted(name))


def gamma_proline() -> Problem:
    """Gamma distribution of the proline in 178 wines, x = (log shape, log scale): digamma, so no closed form."""

    def fn(x: Any, y: Any) -> Any:
        shape, scale = jnp.exp(x[0]), jnp.exp(x[1])
        lgamma = jax.scipy.special.gammaln(shape)
        return jnp.sum(lgamma + shape * x[1] - (shape - 1) * jnp.log(y) + y / scale)

    tags = frozenset({"statistics", "real-data"})
    return Problem(name="gamma-proline", fn=fn, load=proline, tags=tags, **fitted("gamma-proline"))


def weibull_proline() -> Problem:
    """Weibull distribution of the same, x = (log shape, log scale)."""

    def fn(x: Any, y: Any) -> Any:
        shape, scaled = jnp.exp(x[0]), jnp.log(y) - x[1]
        return jnp.sum(jnp.exp(shape * scaled) - (shape - 1) * scaled - x[0] + x[1])

    tags = frozenset({"statistics", "real-data"})
    return Problem(name="weibull-proline", fn=fn, load=proline, tags=tags, **fitted("weibull-proline"))


def gaussian_process() -> Problem:
    """Minus the log evidence of a Gaussian process on 60 patients; x = log (amplitude^2, length, noise^2)."""

    def fn(x: Any, data: Any) -> Any:
        A, y = data
        distance = jnp.sum((A[:, None] - A[None]) ** 2, axis=2)
        K = jnp.exp(x[0]) * jnp.exp(-distance / (2 * jnp.exp(2 * x[1]))) + jnp.exp(x[2]) * jnp.eye(
            y.size, dtype=x.dtype
        )
        L = jnp.linalg.cholesky(K)
        whitened = jax.scipy.linalg.solve_triangular(L, y, lower=True)
        return jnp.sum(whitened**2) / 2 + jnp.sum(jnp.log(jnp.diag(L))) + y.size * float(np.log(2 * np.pi)) / 2

    tags = frozenset({"statistics", "real-data", "multimodal"})
    return Problem(name="gp-diabetes", fn=fn, load=patients, tags=tags, **fitted("gp-diabetes"))


@cache
def _fits() -> dict[str, Any]:
    return json.loads(files("problems").joinpath("data/fits.json").read_text(encoding="utf-8"))


def fitted(name: str) -> dict[str, Any]:
    """Box, truth and reference by a stored fit; the box holds 0 and the fit, half as wide again, at least by 1/2."""
    fit = _fits()[name]
    point = np.array(fit["minimiser"])
    pad = 0.5 + 0.5 * np.abs(point)
    unique = point[None] if fit["unique"] else None
    return {
        "lower": np.minimum(point, 0) - pad,
        "upper": np.maximum(point, 0) + pad,
        "truth": Truth("best_known", fit["source"], fit["minimum"], unique, digits=fit["digits"]),
        "reference": fit["reference"],
    }


def _standardised(features: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m n"]:
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    return np.column_stack([scaled, np.ones(len(scaled))])


def diabetes() -> tuple[Float[np.ndarray, "442 11"], Float[np.ndarray, " 442"]]:
    """Ten standardised measurements and a column of ones; the progress after a year."""
    from sklearn.datasets import load_diabetes

    features, progress = load_diabetes(return_X_y=True, scaled=False)
    return _standardised(features), progress


def linnerud() -> tuple[Float[np.ndarray, "20 4"], Float[np.ndarray, " 20"]]:
    """Weight, waist and pulse, standardised, and a column of ones; sit-ups."""
    from sklearn.datasets import load_linnerud

    exercise, body = load_linnerud(return_X_y=True)
    return _standardised(body), exercise[:, 1].astype(float)


def patients() -> tuple[Float[np.ndarray, "60 10"], Float[np.ndarray, " 60"]]:
    """The first 60 patients of the diabetes study, progress standardised, too."""
    features, progress = diabetes()
    y = progress[:60]
    return features[:60, :-1], (y - y.mean()) / y.std()


def proline() -> Float[np.ndarray, " 178"]:
    """In units of 100 mg per litre."""
    from sklearn.datasets import load_wine

    return load_wine(return_X_y=True)[0][:, 12] / 100


def classes(name: str) -> Callable[[], tuple[Float[np.ndarray, "m k"], Any]]:
    """Standardised features and labels 0, 1, 2 of `load_iris` or `load_wine`."""

    def load() -> tuple[Float[np.ndarray, "m k"], Any]:
        from sklearn import datasets

        features, labels = getattr(datasets, f"load_{name}")(return_X_y=True)
        return _standardised(features)[:, :-1], labels.astype(np.int32)

    return load


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "ols-diabetes": ols_diabetes,
    "ridge-diabetes": ridge_diabetes,
    "poisson-linnerud": poisson_linnerud,
    "negative-binomial-linnerud": negative_binomial_linnerud,
    "probit-diabetes": probit_diabetes,
    "multinomial-iris": lambda: multinomial("multinomial-iris", classes("iris")),
    "multinomial-wine": lambda: multinomial("multinomial-wine", classes("wine")),
    "gamma-proline": gamma_proline,
    "weibull-proline": weibull_proline,
    "gp-diabetes": gaussian_process,
}
