"""Every figure that another library or a table gave is checked against a second one."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from problems import get
from problems.families import statistics as data
from problems.families.survival import survival_patients
from problems.tables import fits

MORE_WILD = {
    "mgh-freudenstein-roth": "freudenstein_roth_good_start",
    "mgh-jennrich-sampson": "jennrich_sampson",
    "mgh-helical-valley": "helical_valley_good_start",
    "mgh-bard": "bard_good_start",
    "mgh-meyer": "meyer",
    "mgh-box-3d": "box_3d",
    "mgh-powell-singular": "powell_singular_good_start",
    "mgh-kowalik-osborne": "kowalik_osborne",
    "mgh-brown-dennis": "brown_dennis_good_start",
    "mgh-osborne-1": "osborne_one",
    "mgh-osborne-2": "osborne_two_good_start",
    "mgh-watson-n6": "watson_6_good_start",
    "mgh-watson-n9": "watson_9_good_start",
    "mgh-watson-n12": "watson_12_good_start",
    "mgh-brown-almost-linear-n10": "brown_almost_linear",
    "mgh-linear-full-rank-n9": "linear_full_rank_good_start",
    "mgh-linear-rank-1-n7": "linear_rank_one_good_start",
    "mgh-linear-rank-1-zero-n7": "linear_rank_one_zero_columns_rows_good_start",
    "mgh-chebyquad-n7": "chebyquad_7",
    "mgh-chebyquad-n8": "chebyquad_8",
    "mgh-chebyquad-n10": "chebyquad_10",
    "rosenbrock-n2": "rosenbrock_good_start",
}


@pytest.mark.parametrize(("name", "theirs"), MORE_WILD.items())
def test_the_set_of_more_garbow_and_hillstrom_against_optimagic(name, theirs):
    """Values at both starts (theirs differ from the paper's for three), at random points and at the solution."""
    from optimagic.benchmarking.more_wild import MORE_WILD_PROBLEMS

    problem, entry = get(name), MORE_WILD_PROBLEMS[theirs]
    random = np.random.default_rng(3).uniform(problem.lower, problem.upper, (3, problem.dim))
    known = [] if problem.truth.minimisers is None else list(problem.truth.minimisers)
    for x in [problem.start, np.asarray(entry["start_x"], float), *random, *known]:
        value = np.sum(np.square(entry["fun"](x)))
        np.testing.assert_allclose(problem.fn(jnp.asarray(x), problem.data), value, rtol=1e-11, atol=1e-17)


def negative_log(distribution, *parameters):
    return -np.sum(distribution(*parameters))


def second_ridge():
    from sklearn.linear_model import Ridge

    A, y = data.diabetes()
    fit = Ridge(alpha=10.0, solver="svd").fit(A[:, :-1], y)
    return np.append(fit.coef_, fit.intercept_)


def second_poisson():
    from sklearn.linear_model import PoissonRegressor

    A, y = data.linnerud()
    fit = PoissonRegressor(alpha=0.0, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(A[:, :-1], y)
    return np.append(fit.coef_, fit.intercept_)


def second_ols():
    from sklearn.linear_model import LinearRegression

    A, y = data.diabetes()
    fit = LinearRegression().fit(A[:, :-1], y)
    return np.append(fit.coef_, fit.intercept_)


def second_gamma():
    shape, _, scale = scipy.stats.gamma.fit(data.proline(), floc=0)
    return np.log([shape, scale])


def second_weibull():
    shape, _, scale = scipy.stats.weibull_min.fit(data.proline(), floc=0)
    return np.log([shape, scale])


@pytest.mark.parametrize(
    ("name", "fit", "within"),
    [
        ("ols-diabetes", second_ols, 1e-11),
        ("ridge-diabetes", second_ridge, 1e-11),
        ("poisson-linnerud", second_poisson, 1e-8),
        ("gamma-proline", second_gamma, 1e-8),
        ("weibull-proline", second_weibull, 1e-4),  # SciPy's own search is a simplex
    ],
)
def test_another_library_fits_the_same(name, fit, within):
    np.testing.assert_allclose(fit(), get(name).truth.minimisers[0], rtol=within)


def test_cox_by_the_likelihood_written_out():
    """Every death against all who lived at least as long, in a loop, minimised by SciPy without derivatives of ours."""
    days, died, age = (np.array(column) for column in survival_patients())
    z = (age - age.mean()) / age.std()

    def likelihood(x):
        hazard = x[0] * z + x[1] * z**2
        return sum(np.log(np.exp(hazard[days >= days[i]]).sum()) - hazard[i] for i in np.flatnonzero(died))

    end = scipy.optimize.minimize(
        likelihood, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12}
    )
    truth = get("cox-heart").truth
    np.testing.assert_allclose(end.x, truth.minimisers[0], atol=1e-6)
    assert end.fun == pytest.approx(truth.minimum, rel=1e-10)
    assert value("cox-heart", np.array([0.3, -0.2])) == pytest.approx(likelihood([0.3, -0.2]), rel=1e-12)


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_softmax_regression_by_another_solver(name):
    from sklearn.linear_model import LogisticRegression

    A, labels = data.classes(name)()
    fit = LogisticRegression(C=1.0, solver="lbfgs", tol=1e-10, max_iter=10_000).fit(A, labels)
    point = np.concatenate([fit.coef_.ravel(), fit.intercept_])
    problem = get(f"multinomial-{name}")
    assert float(problem.fn(point, problem.data)) == pytest.approx(problem.truth.minimum, rel=1e-9)


@pytest.mark.heavy
def test_likelihoods_by_the_distributions_of_scipy():
    """At random points, not only at the minimum: the function is the one it is said to be."""
    rng = np.random.default_rng(5)
    A, y = data.linnerud()
    x = rng.uniform(-0.3, 0.3, 4) + np.array([0, 0, 0, 4.5])
    poisson = -np.sum(scipy.stats.poisson(np.exp(A @ x)).logpmf(y) + scipy.special.gammaln(y + 1))
    assert value("poisson-linnerud", x) == pytest.approx(poisson, rel=1e-12)
    size = np.exp(1.3)
    chances = size / (size + np.exp(A @ x))
    binomial = -np.sum(scipy.stats.nbinom(size, chances).logpmf(y))
    assert value("negative-binomial-linnerud", np.append(x, -1.3)) == pytest.approx(binomial, rel=1e-12)
    A, y = data.diabetes()
    x = rng.uniform(-0.5, 0.5, 11)
    high = y > np.median(y)
    probit = -np.sum(scipy.stats.norm.logcdf(np.where(high, 1, -1) * (A @ x)))
    assert value("probit-diabetes", x) == pytest.approx(probit, rel=1e-12)
    y = data.proline()
    gamma = -np.sum(scipy.stats.gamma(np.exp(0.4), scale=np.exp(1.1)).logpdf(y))
    assert value("gamma-proline", np.array([0.4, 1.1])) == pytest.approx(gamma, rel=1e-12)
    weibull = -np.sum(scipy.stats.weibull_min(np.exp(0.4), scale=np.exp(1.1)).logpdf(y))
    assert value("weibull-proline", np.array([0.4, 1.1])) == pytest.approx(weibull, rel=1e-12)
    A, y = data.patients()
    squares = np.sum((A[:, None] - A) ** 2, axis=2)
    K = np.exp(0.2) * np.exp(-squares / (2 * np.exp(2 * 0.7))) + np.exp(-0.5) * np.eye(60)
    evidence = -scipy.stats.multivariate_normal(np.zeros(60), K).logpdf(y)
    assert value("gp-diabetes", np.array([0.2, 0.7, -0.5])) == pytest.approx(evidence, rel=1e-10)


def value(name, x):
    problem = get(name)
    return float(problem.fn(jnp.asarray(x), problem.data))


@pytest.mark.filterwarnings("ignore:Maximum Likelihood optimization failed")  # statsmodels' first stage of two
@pytest.mark.parametrize("name", ["ols-diabetes", "probit-diabetes", "negative-binomial-linnerud", "gamma-proline"])
def test_the_stored_fits_are_what_the_libraries_give(name):
    again, truth = fits.FITS[name](), get(name).truth
    np.testing.assert_allclose(again["minimiser"], truth.minimisers[0], rtol=10.0**-truth.digits)
    assert again["minimum"] == pytest.approx(truth.minimum, rel=1e-12)


GOLDEN = (1 + 5**0.5) / 2
ICOSAHEDRON = np.array([np.roll([0, a, b * GOLDEN], k) for k in range(3) for a in (1, -1) for b in (1, -1)])
TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
OCTAHEDRON = np.array([*np.eye(3), *-np.eye(3)])


@pytest.mark.parametrize("corners", [TETRAHEDRON, OCTAHEDRON, ICOSAHEDRON], ids=["4", "6", "12"])
def test_thomson_at_the_platonic_solids(corners):
    at = corners / np.linalg.norm(corners, axis=1)[:, None]
    x = np.concatenate([np.arccos(at[:, 2]), np.arctan2(at[:, 1], at[:, 0])])
    problem = get(f"thomson-n{x.size}")
    assert float(problem.fn(jnp.asarray(x), ())) == pytest.approx(problem.truth.minimum, rel=1e-9)


@pytest.mark.parametrize(
    "corners", [TETRAHEDRON, OCTAHEDRON, np.vstack([np.zeros(3), ICOSAHEDRON])], ids=["4", "6", "13"]
)
def test_lennard_jones_at_the_platonic_clusters(corners):
    """The best size of the solid, and then no further down from there, by SciPy."""
    problem = get(f"lennard-jones-n{corners.size}")

    def energy(x):
        pairs = scipy.spatial.distance.pdist(np.reshape(x, (-1, 3)))
        return 4 * np.sum(pairs**-12 - pairs**-6)

    shortest = corners / scipy.spatial.distance.pdist(corners).min()
    size = scipy.optimize.minimize_scalar(lambda s: energy(s * shortest), bounds=(0.9, 1.3), method="bounded").x
    end = scipy.optimize.minimize(energy, np.ravel(size * shortest), method="BFGS", options={"gtol": 1e-6})
    assert end.fun == pytest.approx(problem.truth.minimum, abs=1e-6)
    assert float(problem.fn(jnp.asarray(end.x), ())) == pytest.approx(end.fun, rel=1e-12)


def test_the_energies_of_muller_and_brown_are_the_published_ones():
    """Table 1 of the paper in its last decimals: three minima, then the two saddles between them."""
    problem = get("muller-brown")
    energies = [float(problem.fn(jnp.asarray(x), problem.data)) for x in problem.truth.stationary]
    np.testing.assert_allclose(energies, [-146.700, -108.167, -80.768, -72.249, -40.665], atol=6e-4)
