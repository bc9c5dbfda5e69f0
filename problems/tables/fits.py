"""Reference fits by independent libraries: `python -m problems.tables.fits` writes problems/data/fits.json anew.

Needs statsmodels, of the extra `dev`. A fit is (minimiser, minimum) by a library's own likelihood or loss, brought to
the constant that the problem's f has.
"""

import json
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln

from problems.families import statistics as data

DIABETES = "Efron, Hastie, Johnstone & Tibshirani 2004, Annals of Statistics 32(2), 407; scikit-learn"
LINNERUD = "Linnerud's physiological data, scikit-learn"
WINE = "Aeberhard & Forina 1991, Wine, UCI; scikit-learn"
IRIS = "Fisher 1936, Annals of Eugenics 7, 179; scikit-learn"


def _logistic_breast_cancer(solver: str = "newton-cholesky") -> dict[str, Any]:
    """scikit-learn's ridge logistic regression of the breast-cancer data: minimiser (weights, intercept)."""
    from sklearn.linear_model import LogisticRegression

    from problems.families.learning import breast_cancer

    features, signs = breast_cancer()
    fit = LogisticRegression(C=1.0, solver=solver, tol=1e-13, max_iter=10_000).fit(features, signs > 0)
    return {"minimiser": [*np.ravel(fit.coef_).tolist(), *fit.intercept_.tolist()], "solver": solver}


def _row(point: Any, minimum: float, digits: float, source: str, reference: str, unique: bool = True) -> dict[str, Any]:
    listed = np.asarray(point, float).tolist()
    return {
        "minimiser": listed, "minimum": float(minimum), "digits": digits, "source": source, "reference": reference,
        "unique": unique,
    }  # fmt: skip


def ols() -> dict[str, Any]:
    """Statsmodels' OLS, by the pseudo-inverse."""
    import statsmodels.api as sm

    A, y = data.diabetes()
    fit = sm.OLS(y, A).fit()
    return _row(fit.params, fit.ssr, 11.0, "statsmodels OLS; scikit-learn agrees", DIABETES)


def ridge() -> dict[str, Any]:
    """scikit-learn's Ridge, by Cholesky."""
    from sklearn.linear_model import Ridge

    A, y = data.diabetes()
    fit = Ridge(alpha=10.0, solver="cholesky").fit(A[:, :-1], y)
    point = np.append(fit.coef_, fit.intercept_)
    minimum = np.sum((y - A @ point) ** 2) / 2 + 5 * np.sum(fit.coef_**2)
    return _row(point, minimum, 11.0, "scikit-learn Ridge, cholesky and svd agree", DIABETES)


def poisson() -> dict[str, Any]:
    """Statsmodels' GLM, by iterated least squares."""
    import statsmodels.api as sm

    A, y = data.linnerud()
    fit = sm.GLM(y, A, family=sm.families.Poisson()).fit(tol=1e-14, maxiter=100)
    return _row(fit.params, -fit.llf - np.sum(gammaln(y + 1)), 10.0, "statsmodels GLM; scikit-learn agrees", LINNERUD)


def negative_binomial() -> dict[str, Any]:
    """Statsmodels' NB2 model, by Newton's method from its own start."""
    import statsmodels.api as sm

    A, y = data.linnerud()
    model = sm.NegativeBinomial(y, A)
    fit = model.fit(method="bfgs", gtol=1e-9, maxiter=5000, disp=0)
    fit = model.fit(start_params=fit.params, method="newton", tol=1e-13, maxiter=200, disp=0)
    point = np.append(fit.params[:-1], np.log(fit.params[-1]))
    return _row(point, -fit.llf, 7.0, "statsmodels NegativeBinomial; SciPy's distribution agrees", LINNERUD)


def probit() -> dict[str, Any]:
    """Statsmodels' Probit, by Newton's method."""
    import statsmodels.api as sm

    A, y = data.diabetes()
    fit = sm.Probit(y > np.median(y), A).fit(method="newton", tol=1e-13, maxiter=100, disp=0)
    return _row(fit.params, -fit.llf, 9.0, "statsmodels Probit; SciPy's distribution agrees", DIABETES)


def softmax(name: str) -> dict[str, Any]:
    """scikit-learn's multinomial logistic regression."""
    from sklearn.linear_model import LogisticRegression

    A, labels = data.classes(name)()
    fit = LogisticRegression(C=1.0, solver="newton-cg", tol=1e-12, max_iter=10_000).fit(A, labels)
    scores = A @ fit.coef_.T + fit.intercept_
    chosen = scores[np.arange(len(labels)), labels]
    loss = np.sum(np.log(np.sum(np.exp(scores), axis=1)) - chosen) + np.sum(fit.coef_**2) / 2
    point = np.concatenate([fit.coef_.ravel(), fit.intercept_ - fit.intercept_.mean()])
    reference = {"iris": IRIS, "wine": WINE}[name]
    return _row(point, loss, 8.0, "scikit-learn LogisticRegression, newton-cg and lbfgs agree", reference, unique=False)


def gamma() -> dict[str, Any]:
    """The one equation that is left, log k - digamma(k) = log mean - mean log, by Brent's method."""
    y = data.proline()
    gap = np.log(y.mean()) - np.log(y).mean()
    k = brentq(lambda k: np.log(k) - digamma(k) - gap, 1e-3, 1e3, xtol=1e-15, rtol=1e-15)
    scale = y.mean() / k
    minimum = np.sum(gammaln(k) + k * np.log(scale) - (k - 1) * np.log(y) + y / scale)
    return _row(np.log([k, scale]), minimum, 12.0, "SciPy: Brent's method on the profile, and gamma.fit", WINE)


def weibull() -> dict[str, Any]:
    """The same for the Weibull distribution."""
    y = data.proline()
    log = np.log(y)
    k = brentq(lambda k: np.sum(y**k * log) / np.sum(y**k) - 1 / k - log.mean(), 1e-2, 1e2, xtol=1e-15, rtol=1e-15)
    scale = np.mean(y**k) ** (1 / k)
    minimum = np.sum((y / scale) ** k - (k - 1) * (log - np.log(scale)) - np.log(k) + np.log(scale))
    return _row(np.log([k, scale]), minimum, 11.0, "SciPy: Brent's method on the profile, and weibull_min.fit", WINE)


def _gaussian_process() -> dict[str, Any]:
    """scikit-learn's regressor, the best of thirty starts."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    A, y = data.patients()
    wide = (1e-4, 1e4)
    kernel = ConstantKernel(1.0, wide) * RBF(3.0, wide) + WhiteKernel(0.5, wide)
    fit = GaussianProcessRegressor(kernel, alpha=0.0, n_restarts_optimizer=30, random_state=0).fit(A, y)
    point = fit.kernel_.theta
    return _row(point, -fit.log_marginal_likelihood_value_, 6.0, "scikit-learn, the best of 31 starts", DIABETES)


def cox() -> dict[str, Any]:
    """Statsmodels' proportional hazards, by Newton's method."""
    import statsmodels.api as sm

    from problems.families.survival import survival_patients

    days, died, age = (np.array(column, float) for column in survival_patients())
    z = (age - age.mean()) / age.std()
    model = sm.PHReg(days, np.column_stack([z, z**2]), status=died, ties="breslow")
    fit = model.fit(method="newton", tol=1e-14, maxiter=100, disp=0)
    source = "statsmodels PHReg; SciPy on the likelihood written out agrees"
    return _row(fit.params, -fit.llf, 9.0, source, "Miller 1976, Biometrika 63(3), 449; Cox 1972")


FITS = {
    "logistic-breast-cancer": _logistic_breast_cancer,
    "ols-diabetes": ols,
    "ridge-diabetes": ridge,
    "poisson-linnerud": poisson,
    "negative-binomial-linnerud": negative_binomial,
    "probit-diabetes": probit,
    "multinomial-iris": lambda: softmax("iris"),
    "multinomial-wine": lambda: softmax("wine"),
    "gamma-proline": gamma,
    "weibull-proline": weibull,
    "gp-diabetes": _gaussian_process,
    "cox-heart": cox,
}

if __name__ == "__main__":
    target = files("problems").joinpath("data/fits.json")
    rows = {name: fit() for name, fit in FITS.items()}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    target.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")  # type: ignore[attr-defined]
    print(f"wrote {target}")
