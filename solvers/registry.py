"""One row per solver; every other view is derived."""

import inspect
import re
from functools import cache, partial
from typing import Any

import optax

from solvers.exact.all_newton import all_newton
from solvers.exact.certified.solver import Certified
from solvers.exact.closed_form import WriteDown
from solvers.exact.continuation.solver import Continuation
from solvers.exact.symbolic import symbolic
from solvers.methods.armijo import ArmijoDescent
from solvers.methods.descent import Descent
from solvers.methods.globalised import DampedNewton, ModifiedNewton
from solvers.methods.lbfgs import LBFGS
from solvers.methods.least_squares import GaussNewton, LevenbergMarquardt
from solvers.methods.newton import Newton
from solvers.methods.trust_region import NewtonCG
from solvers.peers.rows import PEERS
from solvers.rates import log_grid
from solvers.solver import DESCENT_PATIENCE, Solver
from solvers.variants import split, varied

_RATES, _USUAL_RATE = log_grid(-6, 1), 1e-3
_WIDE_RATES, _WIDE_USUAL_RATE = log_grid(-8, 1, coarse_from=-30), 1e-2
"""On data of which nobody scaled the columns the curvature reaches 1e27 (NIST Pontius)."""


def first_order(
    name: str, reference: str, rule: Any, rates: tuple[float, ...] = _RATES, usual: float = _USUAL_RATE
) -> Solver:
    """Descent by a rule of optax, whose step size is tuned over `rates`."""
    return Solver(
        name,
        "descend",
        reference,
        method=Descent(rule),
        rates=rates,
        default_rate=usual,
        patience=DESCENT_PATIENCE,
    )


SOLVERS = {
    solver.name: solver
    for solver in (
        Solver("closed-form", "exact", "each problem's own", exact=WriteDown()),
        Solver("symbolic", "exact", "SymPy: resultants, Groebner bases, solve", host=symbolic, library="sympy"),
        Solver("certified", "exact", "Hansen & Sengupta 1981; Neumaier 1990", host=Certified()),
        Solver("continuation", "exact", "Morgan 1987; Sommese & Wampler 2005", host=Continuation(), library="sympy"),
        Solver("all-newton", "exact", "Chao 1984", host=all_newton, needs_starts=True),
        Solver("newton", "solve", "Nocedal & Wright 2006, algorithm 11.1", method=Newton(), banded=Newton),
        Solver(
            "newton-damped", "solve", "Nocedal & Wright 2006, alg. 11.4", method=DampedNewton(), banded=DampedNewton
        ),
        Solver(
            "newton-modified",
            "solve",
            "Nocedal & Wright 2006, section 3.4",
            method=ModifiedNewton(),
            patience=DESCENT_PATIENCE,
        ),
        Solver("newton-cg", "solve", "Steihaug 1983", method=NewtonCG(), patience=DESCENT_PATIENCE),
        Solver(
            "gauss-newton",
            "solve",
            "Nocedal & Wright 2006, section 10.3",
            least_squares=GaussNewton,
            patience=DESCENT_PATIENCE,
        ),
        Solver(
            "levenberg-marquardt",
            "solve",
            "Marquardt 1963",
            least_squares=LevenbergMarquardt,
            patience=DESCENT_PATIENCE,
        ),
        Solver("newton-dense", "solve", "newton, told of no structure", method=Newton()),
        first_order("gd", "Cauchy 1847; optax.sgd", optax.sgd, _WIDE_RATES, _WIDE_USUAL_RATE),
        Solver("gd-armijo", "descend", "Armijo 1966", method=ArmijoDescent(), patience=DESCENT_PATIENCE),
        first_order(
            "momentum",
            "Polyak 1964; optax.sgd(momentum=0.9)",
            partial(optax.sgd, momentum=0.9),
            _WIDE_RATES,
            _WIDE_USUAL_RATE,
        ),
        first_order(
            "nesterov",
            "Nesterov 1983; optax.sgd(momentum=0.9, nesterov=True)",
            partial(optax.sgd, momentum=0.9, nesterov=True),
            _WIDE_RATES,
            _WIDE_USUAL_RATE,
        ),
        Solver("lbfgs", "descend", "Liu & Nocedal 1989; optax.lbfgs", method=LBFGS(), patience=DESCENT_PATIENCE),
        first_order("adam", "Kingma & Ba 2015, algorithm 1; optax.adam", optax.adam),
        *PEERS,
    )
}


BUILT_IN = frozenset(SOLVERS)


def register(solver: Solver) -> None:
    """Adds a plug-in's solver to `SOLVERS`.

    Raises:
        ValueError: its name is not to be had.
    """
    if solver.name in BUILT_IN or not re.fullmatch(r"[\w.-]+", solver.name):
        raise ValueError(f'the name "{solver.name}" is taken, or holds more than letters, digits, ".", "_" and "-"')
    SOLVERS[solver.name] = solver
    find.cache_clear()


@cache
def find(name: str) -> Solver:
    """The solver of that name; optax:lion is descent by optax.lion, whatever rule optax has; options as in `variants`.

    Raises:
        KeyError: there is none.
        WrongOption: the solver has no such option.
    """
    own, options = split(name)
    solver = SOLVERS[own] if own in SOLVERS else _of_optax(own)
    return varied(solver, name, options) if options else solver


def _of_optax(name: str) -> Solver:
    rule: Any = getattr(optax, name.removeprefix("optax:"), None)
    if not name.startswith("optax:") or not _takes_a_rate(rule):
        raise KeyError(name)
    return first_order(name, name.replace(":", "."), rule)


def exists(name: str) -> bool:
    """Is there such a solver?"""
    try:
        find(name)
    except KeyError:
        return False
    return True


def _takes_a_rate(rule: Any) -> bool:
    """Is it one of optax's optimisers: a function whose one required argument is the learning rate?"""
    if not inspect.isfunction(rule):
        return False
    required = [p.name for p in inspect.signature(rule).parameters.values() if p.default is p.empty]
    return required == ["learning_rate"]
