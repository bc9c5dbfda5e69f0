"""Reference fits by independent libraries: `python -m problems.fits` writes problems/data/fits.json anew."""

import json
from pathlib import Path
from typing import Any

import numpy as np


def logistic_breast_cancer(solver: str = "newton-cholesky") -> dict[str, Any]:
    """scikit-learn's ridge logistic regression of the breast-cancer data: minimiser (weights, intercept)."""
    from sklearn.linear_model import LogisticRegression

    from problems.learning import breast_cancer

    features, signs = breast_cancer()
    fit = LogisticRegression(C=1.0, solver=solver, tol=1e-13, max_iter=10_000).fit(features, signs > 0)
    return {"minimiser": [*np.ravel(fit.coef_).tolist(), *fit.intercept_.tolist()], "solver": solver}


if __name__ == "__main__":
    target = Path(__file__).parent / "data" / "fits.json"
    target.write_text(json.dumps({"logistic-breast-cancer": logistic_breast_cancer()}, indent=1) + "\n")
    print(f"wrote {target}")
