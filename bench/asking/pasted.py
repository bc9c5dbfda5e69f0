"""The lines that `ask` shows at its end: functions whose bodies are printed, so that what is shown is what was run.

Each takes f, a start x0 [n], and where it has them a step size and a number of steps, and returns where it ends.
"""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import jax


def by_trust_exact(f: Any, x0: Any) -> Any:
    """SciPy's trust-exact."""
    from scipy.optimize import minimize

    fun, hess = jax.jit(jax.value_and_grad(f)), jax.jit(jax.hessian(f))
    return minimize(fun, x0, jac=True, hess=hess, method="trust-exact", options={"gtol": 1e-8}).x


def by_l_bfgs_b(f: Any, x0: Any) -> Any:
    """SciPy's L-BFGS-B; ftol = 0, so that the gradient decides."""
    from scipy.optimize import minimize

    options = {"gtol": 1e-8, "ftol": 0.0, "maxiter": 5000, "maxfun": 50000}
    return minimize(jax.jit(jax.value_and_grad(f)), x0, jac=True, method="L-BFGS-B", options=options).x


def by_least_squares(r: Any, x0: Any) -> Any:
    """SciPy's least_squares, of the residuals."""
    from scipy.optimize import least_squares

    return least_squares(jax.jit(r), x0, jac=jax.jit(jax.jacfwd(r)), xtol=1e-15, ftol=1e-15, gtol=1e-10).x


def by_newton(f: Any, x0: Any) -> Any:
    """Newton's method of optimistix on the gradient."""
    import optimistix

    solver: Any = optimistix.Newton(rtol=1e-8, atol=1e-8)
    return optimistix.root_find(lambda x, _: jax.grad(f)(x), solver, x0, max_steps=1000, throw=False).value


def by_bfgs(f: Any, x0: Any) -> Any:
    """BFGS of optimistix."""
    import optimistix

    solver: Any = optimistix.BFGS(rtol=1e-8, atol=1e-8)
    return optimistix.minimise(lambda x, _: f(x), solver, x0, max_steps=1000, throw=False).value


def by_adam(f: Any, x0: Any, rate: float, steps: int) -> Any:
    """Adam of optax."""
    import optax

    rule = optax.adam(rate)

    def step(_: Any, carry: Any) -> Any:
        x, state = carry
        update, state = rule.update(jax.grad(f)(x), state, x)
        return optax.apply_updates(x, update), state

    return jax.lax.fori_loop(0, steps, step, (x0, rule.init(x0)))[0]


def by_descent(f: Any, x0: Any, rate: float, steps: int) -> Any:
    """Gradient descent."""
    return jax.lax.fori_loop(0, steps, lambda _, x: x - rate * jax.grad(f)(x), x0)


def shown_lines(function: Callable[..., Any]) -> str:
    """The body of one of these as lines that set x."""
    text = inspect.getsource(function)
    body = textwrap.dedent(text.partition('"""\n')[2])
    lines = [_plain(line) for line in body.splitlines() if line]
    *before, last = lines
    return "\n".join([*before, last.replace("return ", "x = ", 1)])


def _plain(line: str) -> str:
    """Without annotations, which nobody wants to paste."""
    return line.replace(": Any", "").replace(" -> Any", "")
