"""One row per solver; every other view is derived."""

import inspect
import re
from functools import cache, partial
from typing import Any, NamedTuple

import optax

from problems.select import UnknownName, unknown
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
from solvers.peers.scipy import METHODS, Minimize
from solvers.rates import log_grid
from solvers.solver import DESCENT_PATIENCE, ClosedForm, Host, Iterative, Solver
from solvers.variants import MINIBATCH, on_minibatches, split, varied


class _Rates(NamedTuple):
    """The grid of a step size, and the one that is taken without tuning."""

    grid: tuple[float, ...]
    usual: float


_USUAL = _Rates(log_grid(-6, 1), 1e-3)
_WIDE = _Rates(log_grid(-8, 1, coarse_from=-30), 1e-2)
"""On data of which nobody scaled the columns the curvature reaches 1e27 (NIST Pontius)."""
lowering = partial(Iterative, patience=DESCENT_PATIENCE)
"""A solver whose method lowers f."""


def first_order(name: str, reference: str, rule: Any, rates: _Rates = _USUAL) -> Iterative:
    """Descent by a rule of optax, whose step size is tuned over `rates`."""
    return lowering(name, "descend", reference, Descent(rule), rates=rates.grid, default_rate=rates.usual)


_ROWS: tuple[Solver, ...] = (
    ClosedForm("closed-form", "exact", "each problem's own", WriteDown()),
    Host("symbolic", "exact", "SymPy: resultants, Groebner bases, solve", symbolic, library="sympy"),
    Host("certified", "exact", "Hansen & Sengupta 1981; Neumaier 1990", Certified()),
    Host("continuation", "exact", "Morgan 1987; Sommese & Wampler 2005", Continuation(), library="sympy"),
    Host("all-newton", "exact", "Chao 1984", all_newton, needs_starts=True),
    Iterative("newton", "solve", "Nocedal & Wright 2006, algorithm 11.1", Newton()),
    Iterative("newton-damped", "solve", "Nocedal & Wright 2006, alg. 11.4", DampedNewton()),
    lowering("newton-modified", "solve", "Nocedal & Wright 2006, section 3.4", ModifiedNewton()),
    lowering("newton-cg", "solve", "Steihaug 1983", NewtonCG()),
    lowering("gauss-newton", "solve", "Nocedal & Wright 2006, section 10.3", GaussNewton()),
    lowering("levenberg-marquardt", "solve", "Marquardt 1963", LevenbergMarquardt()),
    Iterative("newton-dense", "solve", "newton, told of no structure", Newton(dense=True)),
    first_order("gd", "Cauchy 1847; optax.sgd", optax.sgd, _WIDE),
    lowering("gd-armijo", "descend", "Armijo 1966", ArmijoDescent()),
    first_order("momentum", "Polyak 1964; optax.sgd(momentum=0.9)", partial(optax.sgd, momentum=0.9), _WIDE),
    first_order(
        "nesterov",
        "Nesterov 1983; optax.sgd(momentum=0.9, nesterov=True)",
        partial(optax.sgd, momentum=0.9, nesterov=True),
        _WIDE,
    ),
    lowering("lbfgs", "descend", "Liu & Nocedal 1989; optax.lbfgs", LBFGS()),
    first_order("adam", "Kingma & Ba 2015, algorithm 1; optax.adam", optax.adam),
    *PEERS,
)
SOLVERS = {solver.name: solver for solver in _ROWS}


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
    """The solver of that name; optax:lion is descent by optax.lion, whatever rule optax has.

    minibatch:adam is adam by the gradient on samples, and so for every solver that looks at nothing but the gradient;
    scipy:trust-krylov is `scipy.optimize.minimize` by that method; options as in `variants`.

    Raises:
        UnknownName: there is none.
        WrongOption: the solver has no such option.
    """
    own, options = split(name)
    solver = SOLVERS[own] if own in SOLVERS else _of_library(own)
    return varied(solver, name, options) if options else solver


def _of_library(name: str) -> Solver:
    if name.startswith(MINIBATCH):
        return on_minibatches(find(name.removeprefix(MINIBATCH)))
    method = METHODS.get(name.removeprefix("scipy:"))
    if name.startswith("scipy:") and method:
        reference = f"scipy.optimize.minimize, {method}"
        return Host(name, "peer", reference, Minimize(method), library="scipy", most_lanes=1000)
    return _of_optax(name)


def _of_optax(name: str) -> Solver:
    rule: Any = getattr(optax, name.removeprefix("optax:"), None)
    if not name.startswith("optax:") or not _takes_a_rate(rule):
        raise unknown(name, list(SOLVERS), "solver")
    return first_order(name, name.replace(":", "."), rule)


def exists(name: str) -> bool:
    """Is there such a solver?"""
    try:
        find(name)
    except UnknownName:
        return False
    return True


def _takes_a_rate(rule: Any) -> bool:
    """Is it one of optax's optimisers: a function whose one required argument is the learning rate?"""
    if not inspect.isfunction(rule):
        return False
    required = [p.name for p in inspect.signature(rule).parameters.values() if p.default is p.empty]
    return required == ["learning_rate"]
