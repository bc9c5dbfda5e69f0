"""What the doctor says of losses whose trouble is known, and of ordinary ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench.asking import ask

T = np.linspace(0.5, 4, 12)


@jax.custom_vjp
def sine_times(a, b):
    return jnp.sin(a) * b


sine_times.defvjp(
    lambda a, b: (sine_times(a, b), (a, b)), lambda ab, t: (jnp.cos(ab[0]) * ab[1] * t, jnp.sin(ab[0]) * t)
)


def kepler(x):
    def step(s):
        return s[0] - (s[0] - x[0] * jnp.sin(s[0]) - T) / (1 - x[0] * jnp.cos(s[0])), s[1] + 1

    return jnp.sum(jax.lax.while_loop(lambda s: s[1] < 20, step, (jnp.asarray(T), 0))[0] ** 2)


def rebuilt(x):
    u, s, vt = jnp.linalg.svd(jnp.diag(x), full_matrices=False)
    return jnp.sum(((u * s) @ vt - np.diag([1.0, 2.0, 3.0])) ** 2)


TROUBLES = {
    "a root at 0": (
        lambda x: jnp.sqrt(jnp.sum(x**2)) + jnp.sum((x - 1) ** 2), [0.0, 0.0], "gradient",
        "gradient is not finite at the start, x[0] = 0, x[1] = 0, where f is finite: through the square root of 0 (",
        "add a small number under it, sqrt(s + 1e-12)",
    ),
    "a norm squared": (
        lambda x: jnp.linalg.norm(x - 1.0) ** 2, [1.0, 1.0], "gradient",
        "through the square root of 0, whose slope is multiplied by 0 there: 0 times infinity is NaN (test_doctor.py:",
        "square before the root, sum(x**2) instead of norm(x)**2",
    ),
    "a branch not taken": (
        lambda x: jnp.where(x[0] < 1, x[0], jnp.sqrt(x[0])) ** 2, [-0.5], "gradient",
        "through the square root of -0.5, whose slope is multiplied by 0 there",
        "as in the branch of a where that is not taken: give the operation a harmless argument there",
    ),
    "an infinity in a branch not taken": (
        lambda x: jnp.sum(jnp.where(x > 0, x * jnp.log(x), x**2)), [0.0, 1.0], "gradient",
        "through the logarithm of 0, whose slope is multiplied by 0 there", "give the operation a harmless argument",
    ),
    "an arc at its edge": (
        lambda x: jnp.arccos(jnp.clip(x[0], -1, 1)) ** 2, [1.0], "gradient", "through arccos of 1", "arctan2",
    ),
    "pieces of planes": (
        lambda x: jnp.max(jnp.abs(x)), [1.0, 1.0], "curvature", "f is made of straight pieces", "logsumexp for max",
    ),
    "a network all of whose units are off": (
        lambda x: jnp.sum((jax.nn.relu(x[0] * T + x[1]) - T) ** 2), [0.1, -9.0], "plateau",
        "in the box f is constant, its value the same at all 64 points; far from it it is not", "start elsewhere",
    ),
    "a saddle of degree 2": (
        lambda x: x[0] ** 2 - x[1] ** 2, [1.0, 1.0], "curvature", "and it curves down", "falls without end",
    ),
    "a channel that falls": (
        lambda x: x[0] ** 2 + x[1], [1.0, 1.0], "curvature", "f is linear along some direction", "falls without end",
    ),
    "a singular matrix": (
        lambda x: jnp.sum(jnp.linalg.solve(jnp.ones((2, 2)) + jnp.diag(x), np.ones(2))), [0.0, 0.0], "value",
        "through the solution of a linear system", "the matrix is singular there",
    ),
    "steps": (
        lambda x: jnp.sum(jnp.round(x) ** 2), [1.2, 3.4], "plateau", "f is made of steps: its slope is 0", "sigmoid",
    ),
    "equal singular values": (
        rebuilt, [0.5, 0.5, 1.5], "gradient", "through the singular value decomposition of",
        "equal singular values have no derivative one by one",
    ),
    "a power below 2": (
        lambda x: jnp.sum(jnp.abs(x) ** 1.5), [0.0, 1.0], "Hessian",
        "the Hessian is not finite at the start, x[0] = 0, x[1] = 1, where f is finite: through the power of",
        "keep the base of others above 0",
    ),
    "a logarithm of nothing": (
        lambda x: jnp.log(x[0] - 1) ** 2, [1.0], "value", "f is not finite at the start, x[0] = 1",
        "a variable u with x = exp(u)",
    ),
    "no reverse mode": (
        kepler, [0.6], "gradient", "JAX has no reverse mode through a while_loop (test_doctor.py:",
        "lax.fori_loop or scan",
    ),
    "no forward mode": (
        lambda x: sine_times(x[0], x[1]) + x[1] ** 2 / 2, [1.0, 0.5], "Hessian",
        "JAX has no forward mode through a custom_vjp (test_doctor.py:", "jax.custom_jvp",
    ),
    "NumPy inside": (lambda x: np.sin(x[0]), [1.0], "value", "JAX cannot trace f: TracerArray", "jnp.sin"),
    "a Python if": (lambda x: x[0] if x[0] > 0 else 1.0, [1.0], "value", "JAX cannot trace f: Tracer", "jnp.where"),
    "a variable that does nothing": (
        lambda x: x[0] ** 2, [1.0, 1.0], "plateau", "f does not depend on x[1]: its slope is 0 at all 64 points",
        "leave it out",
    ),
    "a linear function": (lambda x: -x[0] + 2 * x[1], [0.0, 0.0], "curvature", "f is linear", "there is no minimum"),
    "single precision inside": (
        lambda x: jnp.sum(x.astype(jnp.float32) ** 2), [1.0, 1.0], "dtype", "f goes through float32 (test_doctor.py:",
        "leave the dtype to x",
    ),
    "a rounded variable": (
        lambda x: jnp.round(x[0]) + x[0] ** 2, [0.3], "plateau", "round has a slope of 0 wherever it has one",
        "sigmoid",
    ),
    "far from 0": (
        lambda x: jnp.sin(x[0]), [1e6], "dtype", "in float32 the rounding of the variables changes df/dx[0]",
        "use float64",
    ),
}  # fmt: skip


HEAVY = ("equal singular values", "no reverse mode")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.heavy) if case in HEAVY else case for case in TROUBLES]
)
def test_the_doctor_names_what_is_wrong_and_what_to_write_instead(case):
    loss, start, about, fact, advice = TROUBLES[case]
    given = {"lower": start[0], "upper": start[0] + 10} if case == "far from 0" else {}
    found = [symptom for symptom in ask(loss, np.array(start), solvers=(), **given).symptoms if symptom.about == about]
    assert [symptom for symptom in found if fact in symptom.fact and advice in symptom.advice], found


def linear_model(p):
    return jnp.mean((p["w"] @ X - Y) ** 2)


X = np.stack([T, 1 + 0 * T])
Y = 2 * T + 1
ORDINARY = {
    "a bowl": (lambda x: jnp.sum((x - 1) ** 2), np.zeros(3), ["f is a sum of 3 squares", "functions of one variable"]),
    "a valley": (lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, np.array([-1.2, 1.0]), []),
    "a linear model": (linear_model, {"w": np.zeros(2)}, ["f is a sum of 12 squares", "f is quadratic"]),
    "logistic regression": (
        lambda p: jnp.mean(jnp.logaddexp(0, -np.sign(T - 2) * (p["a"] * T + p["b"]))), {"a": 0.1, "b": 0.0}, []
    ),
    "more parameters than data": (
        lambda p: jnp.sum((p @ np.arange(6.0).reshape(3, 2) - 1) ** 2), np.zeros(3), ["and it is singular"]
    ),
    "a fit": (lambda p: jnp.sum((p["a"] * jnp.exp(-p["r"] * T) - Y) ** 2), {"a": 1.0, "r": 0.2}, ["sum of 12 squares"]),
    "a small network": (
        lambda p: jnp.mean((p["v"] @ jnp.tanh(p["w"][:, None] * T + p["b"][:, None]) - Y) ** 2),
        {"w": np.linspace(0.1, 1, 3), "b": np.zeros(3), "v": np.ones(3)}, ["f is a sum of 12 squares"],
    ),
    "a chain": (
        lambda x: jnp.sum((x[1:] - x[:-1]) ** 2) + jnp.sum(jnp.cos(x)) + x[0] ** 2, np.linspace(0.1, 1, 12),
        ["the Hessian has 1 diagonals to either side"],
    ),
    "a likelihood": (lambda p: jnp.sum(jnp.log(p["s"]) + (Y - p["m"]) ** 2 / p["s"] ** 2), {"m": 3.0, "s": 2.0}, []),
    "softmax": (lambda x: jax.scipy.special.logsumexp(x) + jnp.sum(x**2), np.arange(3.0), []),
    "a circle in the complex plane": (lambda z: jnp.abs(z - 1j) ** 2, 1.0 + 0j, []),
}  # fmt: skip


@pytest.mark.parametrize("case", ORDINARY)
def test_an_ordinary_loss_has_no_trouble_and_its_structure_is_seen(case):
    loss, start, seen = ORDINARY[case]
    symptoms = ask(loss, start, solvers=()).symptoms
    assert [symptom for symptom in symptoms if symptom.serious] == []
    assert all(any(part in symptom.fact for symptom in symptoms) for part in seen), symptoms


ONLY_NEAR = {
    "far from its kink": (lambda x: jax.nn.logsumexp(800 * x) + jnp.sum(x**2), "in the box f is quadratic"),
    "another branch": (lambda x: jax.lax.cond(x[0] > 0, lambda: x @ x, lambda: (x @ x) ** 2), "in the box f is quadr"),
    "a ramp": (lambda x: jnp.sum(jax.nn.relu(x)), "in the box f is linear"),
}


@pytest.mark.parametrize("case", ONLY_NEAR)
def test_what_is_quadratic_in_the_box_alone_is_not_called_so(case):
    loss, fact = ONLY_NEAR[case]
    facts = [symptom.fact for symptom in ask(loss, [1.0, 2.0], solvers=()).symptoms]
    assert any(told.startswith(fact) and told.endswith("far from it it is not") for told in facts), facts
    assert not any(told.startswith(("f is quadratic", "f is linear", "f does not depend")) for told in facts), facts


def test_points_without_a_hessian_count_where_f_is_called_quadratic():
    """Half of the box is x^2, on the other half, where the derivative is NaN, it is x."""
    loss = TROUBLES["a branch not taken"][0]
    facts = [symptom.fact for symptom in ask(loss, [-0.5], lower=-1.0, upper=3.0, solvers=()).symptoms]
    assert any("the gradient is not finite" in told for told in facts)
    assert not any("quadratic" in told for told in facts), facts


def test_steps_are_not_taken_for_a_variable_that_does_nothing():
    facts = [symptom.fact for symptom in ask(TROUBLES["steps"][0], [1.2, 3.4], solvers=()).symptoms]
    assert not any("does not depend" in told or "is linear" in told for told in facts), facts
