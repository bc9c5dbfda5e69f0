"""Answers recomputed by independent means: exact algebra, other libraries, hand-derived sums."""

import json
from importlib.resources import files

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import scipy.special

from problems import get, names
from problems.families.nist import LINEAR
from problems.families.nist import MODELS as NONLINEAR
from problems.families.univariate import lambert_w
from problems.tables import chain, elimination


def digits(point, truth):
    return -np.log10(np.max(np.abs(point - truth) / np.where(truth == 0, 1, np.abs(truth))) + 1e-17)


def stored(name):
    return json.loads(files("problems").joinpath(f"data/{name}.json").read_text())


def exact_least_squares(A, y):
    """Minimiser of |y - A x| and the inverse of A'A in 60 digits, of the very numbers that `A` and `y` hold."""
    with mp.workdps(60):
        A, y = mp.matrix(A), mp.matrix(y)
        inverse = (A.T * A) ** -1
        return np.array((inverse * (A.T * y)).T.tolist()[0]), np.array(inverse.tolist())


@pytest.mark.heavy
def test_exact_elimination_gives_the_stored_table_to_the_last_bit():
    assert elimination.elimination_table() == stored("stationary")


def test_exact_elimination_along_the_chain_gives_the_stored_points_to_the_last_bit():
    points = [[float(x) for x in point] for point in chain.chain_points(4)]
    assert points == stored("rosenbrock")["rosenbrock-n4"] == get("rosenbrock-n4").truth.stationary.tolist()


@pytest.mark.heavy
def test_every_size_of_the_chain_is_stored_to_the_last_bit():
    assert chain.chain_table() == stored("rosenbrock")


def test_a_box_that_is_too_small_for_all_points_gives_fewer():
    points = elimination.eliminated_points(elimination.POLYNOMIALS["himmelblau"], ((0, 0), (5, 5)))
    np.testing.assert_allclose(
        np.array(points, float), [(3, 2), (3.3851541836, 0.0738518798), (0.0866775046, 2.8842547012)], atol=1e-10
    )


def test_himmelblau_agrees_with_the_published_digits():
    published = [(3, 2), (-3.779310, -3.283186), (-2.805118, 3.131313), (3.584428, -1.848127)]
    np.testing.assert_allclose(
        np.sort(get("himmelblau").truth.minimisers, axis=0), np.sort(published, axis=0), atol=1e-6
    )


def test_camel_and_branin_agree_with_the_published_minima():
    assert get("six-hump-camel").truth.minimum == pytest.approx(-1.0316284534898774, abs=1e-14)
    assert len(get("six-hump-camel").truth.minimisers) == 2
    assert get("branin").truth.minimum == pytest.approx(0.39788735772973816, abs=1e-15)
    assert get("styblinski-tang-n5").truth.minimum == pytest.approx(-39.16616570377142 * 5, rel=1e-14)


def test_lambert_w_against_scipy():
    z = np.logspace(-12, 6, 200)
    np.testing.assert_allclose(lambert_w(jnp.asarray(z)), scipy.special.lambertw(z).real, rtol=4e-15)


@pytest.mark.parametrize("name", [name for name in names() if get(name).closed_form])
def test_closed_forms_give_the_known_points(name):
    problem = get(name)
    points = np.asarray(problem.closed_form(problem.data))
    expected = {"nist-longley": 10, "nist-filip": 7, "nist-pontius": 11, "nist-wampler1": 8, "nist-norris": 11}
    if name.startswith("nist-wampler"):
        expected[name] = 5  # the condition number times the size of the residual
    for known in problem.truth.points:
        error = np.abs(points - known).max(axis=1)
        assert digits(points[error.argmin()], known) >= expected.get(name, 12)
    assert len(points) == len(problem.truth.points)


def cubics(b, x):
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


def waves(b, x):
    angles = [x * (2 * np.pi / period) for period in (np.longdouble(12), b[3], b[6])]
    pairs = [(b[1], b[2]), (b[4], b[5]), (b[7], b[8])]
    return b[0] + sum(c * np.cos(t) + s * np.sin(t) for t, (c, s) in zip(angles, pairs, strict=True))


def bells(b, x):
    return b[0] / np.exp(b[1] * x) + sum(b[k] / np.exp((x - b[k + 1]) ** 2 / b[k + 2] ** 2) for k in (2, 5))


FORMULAS = {
    "misra1a boxbod": lambda b, x: b[0] - b[0] * np.exp(-b[1] * x),
    "misra1b": lambda b, x: b[0] - b[0] / (1 + b[1] * x / 2) ** 2,
    "misra1c": lambda b, x: b[0] - b[0] / np.sqrt(1 + 2 * b[1] * x),
    "misra1d": lambda b, x: b[0] - b[0] / (1 + b[1] * x),
    "chwirut1 chwirut2": lambda b, x: 1 / (np.exp(b[0] * x) * (b[1] + b[2] * x)),
    "lanczos1 lanczos2 lanczos3": lambda b, x: sum(b[k] / np.exp(b[k + 1] * x) for k in (0, 2, 4)),
    "gauss1 gauss2 gauss3": bells,
    "danwood": lambda b, x: b[0] * np.exp(b[1] * np.log(x)),
    "kirby2": lambda b, x: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "hahn1 thurber": cubics,
    "nelson": lambda b, x: b[0] - b[1] * x[:, 0] / np.exp(b[2] * x[:, 1]),
    "mgh09": lambda b, x: b[0] * x * (x + b[1]) / (x * x + b[2] * x + b[3]),
    "mgh10": lambda b, x: b[0] * np.exp(b[1] / (x + b[2])),
    "mgh17": lambda b, x: b[0] + b[1] / np.exp(x * b[3]) + b[2] / np.exp(x * b[4]),
    "roszman1": lambda b, x: b[0] - b[1] * x + np.arctan2(b[2], b[3] - x) / np.pi,
    "enso": waves,
    "rat42": lambda b, x: b[0] / (1 + np.exp(b[1]) / np.exp(b[2] * x)),
    "rat43": lambda b, x: b[0] * (1 + np.exp(b[1]) / np.exp(b[2] * x)) ** (-1 / b[3]),
    "eckerle4": lambda b, x: b[0] / b[1] / np.exp((x - b[2]) ** 2 / (2 * b[1] ** 2)),
    "bennett5": lambda b, x: b[0] / (b[1] + x) ** (1 / b[2]),
}


@pytest.mark.parametrize("name", [name for name in names() if name.startswith("nist-") and not name.endswith("-s2")])
def test_nist_residual_sums_in_extended_precision(name):
    """The data table against the certified residual sum, with NumPy's long double and formulas written anew."""
    problem = get(name)
    x, y = (np.asarray(part, np.longdouble) for part in problem.data)
    b = np.asarray(problem.truth.minimisers[0], np.longdouble)
    if name.startswith(("nist-filip", "nist-wampler", "nist-pontius")):
        x = np.vander(x[:, 1], len(b), increasing=True)  # the powers, not their float64 roundings
    name = name.removeprefix("nist-").removesuffix("-s1")
    model = {row: formula for rows, formula in FORMULAS.items() for row in rows.split()}.get(name, lambda b, x: x @ b)
    residual = float(np.sum((y - model(b, x)) ** 2))
    # Wampler1 and Lanczos1 fit exactly; elsewhere 11 printed digits of b leave 10 of the sum.
    assert residual == pytest.approx(problem.truth.minimum, rel=1e-9, abs=1e-15 * float(np.sum(y**2)))


@pytest.mark.parametrize("name", NONLINEAR)
def test_nist_standard_deviations_follow_from_data_model_and_parameters(name):
    """NIST certifies them apart from the parameters; here they come from the Jacobian, by its singular values."""
    problem, figures = get(f"nist-{name}-s1"), stored("nist")[name]
    J = np.asarray(jax.jacfwd(problem.residuals)(jnp.asarray(problem.truth.minimisers[0]), problem.data))
    size = np.abs(J).max(axis=0)
    inverse = np.linalg.pinv(J / size, rcond=1e-14)
    variance = figures["rss"] / (J.shape[0] - J.shape[1]) * np.sum(inverse**2, axis=1) / size**2
    np.testing.assert_allclose(np.sqrt(variance), figures["sd"], rtol=1e-6)


@pytest.mark.parametrize("name", LINEAR)
def test_nist_linear_figures_in_exact_arithmetic(name):
    """The decimals of the table, in 60 digits: NIST's 15 digits of every parameter, and its standard deviations."""
    figures = stored("nist")[name]
    with mp.workdps(60):
        rows = [[mp.mpf(repr(value)) for value in (row if name == "longley" else [row])] for row in figures["x"]]
        p = len(figures["certified"])
        powers = (1,) if name.startswith("noint") else range(p)
        A = [[1, *row] for row in rows] if name == "longley" else [[row[0] ** k for k in powers] for row in rows]
        x, inverse = exact_least_squares(A, [mp.mpf(repr(value)) for value in figures["y"]])
        sd = [mp.sqrt(figures["rss"] / (len(rows) - p) * inverse[k, k]) for k in range(p)]
    assert digits(x.astype(float), np.array(figures["certified"])) >= 14
    np.testing.assert_allclose(np.array(sd, float), figures["sd"], rtol=1e-12)


@pytest.mark.parametrize("name", [*(f"nist-{name}" for name in LINEAR), "regression-n10", "quadratic-n10"])
def test_the_stated_digits_are_those_of_the_float64_problem(name):
    """The data are rounded to float64; the exact minimiser of the rounded problem agrees with the truth that far."""
    problem = get(name)
    A, y = problem.data
    if name.startswith("quadratic"):
        with mp.workdps(60):
            x = np.array(mp.lu_solve(mp.matrix(A), mp.matrix(y)).T.tolist()[0])
    else:
        x, _ = exact_least_squares(A, y)
    known = problem.truth.minimisers[0]
    error = np.array(np.abs(x - known) / np.abs(known), float).max()
    assert error <= 10.0**-problem.truth.digits


def test_nist_starts_are_the_published_ones():
    assert get("nist-misra1a-s1").start.tolist() == [500.0, 0.0001]
    assert get("nist-misra1a-s2").start.tolist() == [250.0, 0.0005]
    assert get("nist-mgh09-s1").start.tolist() == [25.0, 39.0, 41.5, 39.0]


@pytest.mark.parametrize("solver", ["newton-cholesky", "newton-cg", "lbfgs"])
def test_logistic_regression_against_scikit_learn(solver):
    from sklearn.linear_model import LogisticRegression

    problem = get("logistic-breast-cancer")
    features, signs = problem.data
    tolerance = {"lbfgs": 1e-9}.get(solver, 1e-12)
    fit = LogisticRegression(C=1.0, solver=solver, tol=tolerance, max_iter=5000).fit(features, signs > 0)
    point = np.append(fit.coef_, fit.intercept_)
    assert float(problem.fn(jnp.asarray(point), problem.data)) == pytest.approx(problem.truth.minimum, rel=1e-11)
    np.testing.assert_allclose(point, problem.truth.minimisers[0], atol=2e-5 if solver == "lbfgs" else 1e-8)


def test_mlp_loss_against_plain_numpy():
    problem = get("mlp-digits")
    assert problem.dim == 1960
    x = np.random.default_rng(0).uniform(problem.lower, problem.upper)
    pixels, labels = problem.data
    h = 26
    W1, b1, W2, b2 = np.split(x, np.cumsum([64 * h, h, 10 * h]))
    scores = np.tanh(pixels @ W1.reshape(64, h) + b1) @ W2.reshape(h, 10) + b2
    chosen = scores[np.arange(len(labels)), labels]
    expected = np.mean(scipy.special.logsumexp(scores, axis=1) - chosen) + 0.5e-4 * x @ x
    assert float(problem.fn(jnp.asarray(x), problem.data)) == pytest.approx(expected, rel=1e-12)
