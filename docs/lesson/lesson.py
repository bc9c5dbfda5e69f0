"""The source of the lesson, cell by cell; build.py runs it."""

# %% [markdown]
# # Why not set the gradient to zero?
#
# At school one sets f' to zero, solves, tries every solution and keeps the best. In machine learning one descends
# instead, step by step, for days. Why? This lesson takes 45 minutes. It goes from the school's parabola to a network,
# and every figure in it comes from the run of the cell above it.
#
# A *row* below is a line of results.csv: one solver on one problem. The ends are judged by a referee that looks at
# gradient and Hessian and believes no solver.

# %%
import tempfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from bench import cli
from bench.machine.device import configure
from bench.measuring.measure import measure
from bench.plan.cell import Cell
from bench.sketches.paths import trail
from problems import Problem, Truth, get
from problems.registry import register
from solvers import find

configure("cpu")


def row(problem, solver, starts=64, steps=200):
    """Measures one solver on one problem and returns the row's figures."""
    starts, steps = (starts, steps) if find(solver).from_starts else (1, None)
    return measure(Cell(problem, solver, starts, "float64", 0, 1e-8, steps, rounds=3, timed_s=0.0)).figures


def show(name, figures, *columns):
    """Prints some columns of a row."""
    told = {column: figures.get(column) for column in columns}
    print(f"{name:28}", "  ".join(f"{column} {value:.3g}" for column, value in told.items() if value is not None))


class Picture:
    """What `zerograd plot` draws, as a notebook shows it."""

    def __init__(self, words):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "picture.png"
            if cli.main(["plot", *words.split(), "-o", str(file)]):
                raise SystemExit(1)
            self.png = file.read_bytes()

    def _repr_png_(self):
        return self.png


# %% [markdown]
# ## 1. The parabola (5 minutes)
#
# f = 1/2 x'Ax - b'x has the gradient Ax - b. Set it to zero: a linear system. One elimination, and it is over.
# Newton's method is that elimination, so it takes one step from anywhere; descent takes many, and the more the
# narrower the valley is.

# %%
formula, newton, descent = (row("quadratic-n10", name, steps=2000) for name in ("closed-form", "newton", "gd"))
show("closed form", formula, "digits_median", "frac_global")
show("newton", newton, "digits_median", "frac_global", "steps_median")
show("gd", descent, "digits_median", "frac_global", "steps_median")
assert newton["steps_median"] <= 2
assert descent["steps_median"] > 50

# %% [markdown]
# ## 2. The equation that looks unsolvable (5 minutes)
#
# f = x ln x - sqrt x. Its derivative, ln x + 1 - 1/(2 sqrt x), has one root, and with u = 1/(4 sqrt x) the condition
# is u exp(u) = sqrt(e)/4: Lambert's W solves it. Newton's method needs no idea: follow the tangent of f' down to
# zero, again and again.

# %%
xlogx = get("xlogx-sqrt")
way = trail(xlogx, "newton", np.array([0.2]))
for x in way.points[:, 0]:
    print(f"x = {x:.15f}   error {abs(x - xlogx.truth.minimisers[0, 0]):.1e}")
assert way.end == "minimum"

# %%
story = Picture("story xlogx-sqrt")
story

# %% [markdown]
# The errors square in every step: the number of right digits doubles. So far solving wins. Three things spoil it.
#
# ## 3. A root is no minimum (10 minutes)
#
# Himmelblau's function has nine stationary points, and only four are minima. The equation does not know what a
# minimum is, and nor does a method that solves it.

# %%
newton, descent = row("himmelblau", "newton"), row("himmelblau", "gd", steps=1000)
for name, figures in (("newton", newton), ("gd", descent)):
    show(name, figures, "n_minimum", "n_saddle", "n_maximum", "steps_median")
assert newton["n_saddle"] > 0
assert descent["n_minimum"] == 64

# %%
path = Picture("path himmelblau --solvers newton,gd --start 1.4,-2.3")
path

# %% [markdown]
# ## 4. Too many solutions to try (10 minutes)
#
# "Try every solution" takes as many tries as there are solutions. Styblinski and Tang's function has three stationary
# points in each variable, so 3^n altogether, one of them lowest. Its formula is known. It fits into no memory at n =
# 40, where a list would hold 3^40 points.

# %%
for n in (1, 3, 5, 8):
    points = row(f"styblinski-tang-n{n}", "closed-form")
    show(f"n = {n}: the formula's points", points, "n_minimum", "n_saddle", "n_points_known", "time_median_s")
print(f"n = 40: {3**40} points, {3**40 * 40 * 8 / 2**60:.1f} EiB")
assert points["n_points_known"] == 3**8

# %% [markdown]
# ## 5. The second derivative costs (5 minutes)
#
# A Newton step holds n x n numbers and takes about n^3/3 multiplications; a gradient holds n, and costs a few times
# what f costs.

# %%
for n in (100, 1960, 19_960, 1_000_000_000):
    print(f"n = {n:<13,} Hessian {8 * n**2 / 2**30:.2g} GiB, its elimination {n**3 / 3:.1g} multiplications")

# %% [markdown]
# ## 6. A network (10 minutes)
#
# The smallest network of all textbooks: exclusive or by two hidden units, nine weights. Hunt for all stationary
# points by Newton's method from many starts; then descend from the same starts.

# %%
hunt = row("xor-2-2-1", "all-newton", starts=1024)
show("all points found", hunt, "n_minimum", "n_saddle", "n_orbits", "n_orbits_minimum", "n_with_copies", "n_unseen")
newton, descent = row("xor-2-2-1", "newton", starts=1024), row("xor-2-2-1", "lbfgs", starts=64, steps=1000)
show("newton", newton, "frac_stationary", "frac_minimum", "frac_global")
show("lbfgs", descent, "frac_stationary", "frac_minimum", "frac_global")
assert hunt["n_saddle"] > 5 * hunt["n_minimum"]
assert descent["frac_minimum"] > 0.9 > newton["frac_minimum"]

# %% [markdown]
# Nearly all solutions of grad f = 0 are saddles. Every one has copies: turn the signs of a hidden unit, exchange two
# units, and nothing changes, 2^h h! copies for h units. Descent walks past all that. It does not ask where the
# gradient vanishes, only which way is down.
#
# And nobody asks a large network for its lowest loss. A low one will do, so the digits that Newton's method would
# bring are of no use.
#
# ## The answer
#
# Solve where there is a formula, where f is convex and n is moderate, or where every digit counts. Descend where n is
# large, where saddles are many, and where "low" is enough. In between there are methods that use curvature *and* go
# down: `newton-cg`, `levenberg-marquardt`, `lbfgs`. Which way reaches how far: `pytest bench/bench_reach.py`.
#
# # A gallery of traps
#
# Each is ten lines and the row that proves it.
#
# ## Newton loves saddles

# %%
figures = row("styblinski-tang-n5", "newton", starts=256)
show("newton, 5 variables", figures, "frac_stationary", "frac_minimum", "frac_global", "n_saddle", "n_maximum")
assert figures["frac_stationary"] > 0.95 > 0.6 > figures["frac_minimum"]

# %% [markdown]
# ## The plateau that looks solved
#
# Far from its one minimum this function is flat: the gradient is below every tolerance, the solver says "converged",
# and there is no stationary point anywhere near.


# %%
def plateau():
    """-exp(-|x|^2) on [-20, 20]^2: one stationary point."""
    origin, side = np.zeros((1, 2)), np.full(2, 20.0)
    truth = Truth("proved", "by hand", -1.0, origin, origin, complete=True)
    return Problem("plateau", lambda x, data: -jnp.exp(-jnp.sum(x**2)), -side, side, truth, "this lesson")


register("plateau", plateau)
figures = row("plateau", "gd")
show("gd says, the referee says", figures, "n_converged", "n_minimum", "n_flat")
assert figures["n_converged"] > 32
assert figures["n_flat"] > 32

# %% [markdown]
# ## Columns nobody scaled
#
# Longley's regression has columns from 1 to 10^5. One step size cannot suit them all; Newton's method does not notice
# the units.

# %%
descent, newton = row("nist-longley", "gd", steps=1000), row("nist-longley", "newton")
show("gd", descent, "frac_stationary", "steps_median", "digits_median")
show("newton", newton, "frac_stationary", "steps_median", "digits_median")
assert descent["frac_stationary"] == 0
assert newton["frac_stationary"] == 1

# %% [markdown]
# ## The closed form that loses every digit
#
# The normal equations are a closed form, and correct on paper. On Filip's polynomial of degree ten they square a
# condition number of 10^10, and float64 has 16 digits.

# %%
for way in ("normal", "qr"):
    figures = row("nist-filip", f"closed-form:factorisation={way}")
    show(f"closed form, {way}", figures, "digits_median", "n_minimum", "n_not_stationary")
    assert (figures["digits_median"] < 1) == (way == "normal")

# %% [markdown]
# ## The branch that was not taken
#
# x ln x for x > 0, else x^2: the value is right everywhere, and for x <= 0 the derivative is NaN, since `where`
# multiplies the branch not taken by 0, and 0 times NaN is NaN. The cure is to guard the argument as well.


# %%
def branch(name, inner):
    """sum of x ln x where x > 0, else x^2, with `inner` guarding the logarithm."""
    lower, truth = np.full(2, -1.0), Truth("unknown", "this lesson")
    return Problem(
        name,
        lambda x, data: jnp.sum(jnp.where(x > 0, x * jnp.log(inner(x)), x**2)),
        lower,
        -lower,
        truth,
        "this lesson",
    )


register("branch", lambda: branch("branch", lambda x: x))
register("branch-guarded", lambda: branch("branch-guarded", lambda x: jnp.where(x > 0, x, 1.0)))
naive, guarded = row("branch", "gd"), row("branch-guarded", "gd")
show("where alone", naive, "n_nonfinite", "n_minimum")
show("the argument guarded too", guarded, "n_nonfinite", "n_minimum")
assert naive["n_nonfinite"] > guarded["n_nonfinite"] == 0

# %% [markdown]
# # Exercises
#
# 1. Take `row("rosenbrock-n2", ...)` with `newton`, `lbfgs` and `gd`. Who is there first, by steps? Why does `gd`
#    need so many, and what has the ratio of the Hessian's eigenvalues at (1, 1) to do with it?
# 2. Start Newton's method on x ln x - sqrt x at 6.4 instead of 0.2 (`trail`). Where does the tangent lead, and which
#    rule of the solver ends the run? From which starts does it arrive?
# 3. `styblinski-tang`: from how many starts of a million does a descent reach the lowest point at n = 5, 10, 20?
#    Compare with (1/2)^n. From which n on is a minute not enough?
# 4. Replace `newton` by `newton-cg` or `newton-modified` in the gallery's first trap. What do they do at a point
#    where the Hessian has a negative eigenvalue?
# 5. Write the plateau so that the referee finds no flat end: a change of variables, or another box. What is the
#    smallest gradient that a start of the box can have?
# 6. Three hidden units instead of two for exclusive or: how many copies has a point? Count by hand, then with
#    `problems.families.tiny_networks.symmetric_copies`.
# 7. Double the rows of Filip's data. Do the normal equations lose fewer digits? And with columns scaled to length
#    one?
