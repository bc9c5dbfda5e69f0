"""The two records of this room: what is minimised, and what is known about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Array, Float, PyTree

from problems.frames import as_arrays, inputs_and_target
from problems.pytrees import Parameters, as_real, own_name, parameters_of
from problems.stochastic.minibatch import Sample, random_rows_of_sum

Standing = Literal["proved", "certified", "best_known", "unknown"]


class Truth(NamedTuple):
    """What is known, from outside this project, about the answers of a problem.

    `standing` says how: `proved` (a theorem or exact algebra), `certified` (a standards body publishes it with
    error bounds), `best_known` (independent solvers agree), `unknown`. A field nobody knows is None.
    """

    standing: Standing
    source: str
    minimum: float | None = None
    """The global minimum f* in the box."""
    minimisers: Float[np.ndarray, "k n"] | None = None
    """Points with f = f*, float64."""
    stationary: Float[np.ndarray, "s n"] | None = None
    """All known stationary points in the box, the minimisers among them, float64."""
    complete: bool = False
    """Is `stationary` proved to be every stationary point in the box?"""
    digits: float = 15.0
    """Significant digits to which the stated coordinates are right; no solver is credited with more."""

    @property
    def points(self) -> Float[np.ndarray, "s n"] | None:
        """The known points a solver's end is compared with: the stationary ones, else the minimisers."""
        return self.minimisers if self.stationary is None else self.stationary


class HeldOut(NamedTuple):
    """Examples that f never sees, and how many of them x gets right."""

    load: Callable[[], PyTree]
    """Reads them: a pytree of NumPy arrays, floating-point numbers in float64."""
    accuracy: Callable[[Float[Array, " n"], Any], Float[Array, ""]]
    """(x, examples) -> the share that is right, 0 to 1; pure JAX."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A function to minimise: `fn(x, data) -> scalar`, pure JAX, for one point x of shape [n], any float dtype."""

    name: str
    fn: Callable[[Float[Array, " n"], Any], Float[Array, ""]]
    lower: Float[np.ndarray, " n"]
    """Lower corner of the box, float64: starts are drawn from it, "all stationary points" means all in it."""
    upper: Float[np.ndarray, " n"]
    truth: Truth
    reference: str
    """Where the problem comes from: paper, equation or page."""
    start: Float[np.ndarray, " n"] | None = None
    """The published start, or None."""
    load: Callable[[], PyTree] = tuple
    """Reads the data: a pytree of float64 NumPy arrays, handed to `fn` as an argument, never closed over."""
    closed_form: Callable[[Any], Float[Array, "m n"]] | None = None
    """Pure JAX: data -> every stationary point that the formula gives (m >= 1), in the dtype of the data."""
    residuals: Callable[[Float[Array, " n"], Any], Float[Array, " m"]] | None = None
    """For least squares: r(x, data), where fn = sum(r^2)."""
    bandwidth: int | None = None
    """d^2 f / dx_i dx_j = 0 wherever |i - j| is larger; None where nobody says."""
    target: float | None = None
    """A value of f that counts as solved, fixed before anything is measured, where nobody knows the minimum."""
    copies: Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, "k n"]] | None = None
    """A point's copies under the problem's symmetry, itself among them, as many for each; some may be equal."""
    sample: Sample | None = None
    """(key, data) -> data of a minibatch, drawn by the key alone, pure JAX, on which f is an estimate of f.

    The pytree of the data again, each leaf as a whole or with fewer rows (first axis), the same part of them in every
    leaf that has fewer. fn(x, sample(key, data)) has the mean fn(x, data) over keys at every x, so a loss that is a
    mean over rows plus a decay takes rows at random (`problems.random_rows`), and of a sum the rows that are drawn
    must weigh more: by a leaf of the data, as `least_squares(batch=...)` does. Checked where a solver draws from it.
    """
    held_out: HeldOut | None = None
    """Examples that f never sees, for networks: what they learn them for."""
    tags: frozenset[str] = field(default_factory=frozenset)
    parameters: Parameters | None = None
    """How x is made of a pytree, where it is, and what its numbers are called."""

    @property
    def dim(self) -> int:
        """n, the number of variables."""
        return self.lower.size

    @cached_property
    def data(self) -> PyTree:
        """The data, read once, when first asked for."""
        return self.load()

    @classmethod
    def from_loss(
        cls, loss: Callable[..., Float[Array, ""]], start: PyTree, data: PyTree = None, **given: Any
    ) -> "Problem":
        """Makes a problem of a loss whose parameters are any pytree.

        Args:
            loss: (parameters) -> a real number, in JAX; with data (parameters, data) -> a real number.
            start: the parameters to start from: numbers, arrays, dicts, dataclasses, modules. A complex number is a
                pair of variables.
            data: a pytree of arrays, or a frame, which is handed over as a dict of its columns; None for no data.
            given: `name`, the loss's own unless told; `lower` and `upper`, corners of the box from which other starts
                are drawn, like `start` or one number for all, a tenth of max(1, |start_i|) to either side unless told;
                `truth`, of x as the vector `problem.parameters.vector(...)`; `target`; `sample`, of `data` as it is
                handed over; `held_out`, whose accuracy is of the parameters; `reference`; `tags`.

        Raises:
            ValueError: no number in the start, one corner without the other, or a loss that is no real number.
        """
        parameters, handed_over = parameters_of(start), () if data is None else as_arrays(data)
        alone = data is None

        def fn(x: Float[Array, " n"], data: Any) -> Float[Array, ""]:
            return loss(parameters.tree(x), *([] if alone else [data]))

        parameters.refuse_unless_real(fn, handed_over)
        return cls._from_tree(fn, parameters, start, handed_over, {"name": own_name(loss)} | given)

    @classmethod
    def least_squares(
        cls,
        model: Callable[[PyTree, Any], Float[Array, "..."]],
        data: Any,
        start: PyTree,
        target: str | None = None,
        batch: int | None = None,
        **given: Any,
    ) -> "Problem":
        """Makes a problem of fitting a model to data: the sum of squares of model(parameters, inputs) - values.

        Args:
            model: (parameters, inputs) -> predictions of the shape of the values, in JAX.
            data: the path of a CSV file, a frame or a mapping, whose columns but one are the inputs, a dict of arrays
                for the model; or a pair (inputs, values).
            start: the parameters to start from, any pytree.
            target: the column of the values; the last one unless told.
            batch: rows of a minibatch, for stochastic methods; the inputs must have their rows on the first axis.
            given: as for `from_loss`.

        Raises:
            ValueError: as `from_loss`; a column that is no numbers; predictions of another shape.
        """
        parameters, pair = parameters_of(start), inputs_and_target(data, target)

        def residuals(x: Float[Array, " n"], data: Any) -> Float[Array, " m"]:
            (inputs, values), weight = data if batch else (data, 1.0)
            r = as_real(model(parameters.tree(x), inputs) - values)
            return r * weight**0.5 if batch else r

        def fn(x: Float[Array, " n"], data: Any) -> Float[Array, ""]:
            r = residuals(x, data)
            return r @ r

        parameters.refuse_other_shape(model, pair)
        named = {"name": own_name(model), "residuals": residuals}
        sampled = {} if batch is None else {"sample": random_rows_of_sum(batch)}
        held = pair if batch is None else (pair, np.ones(()))
        return cls._from_tree(fn, parameters, start, held, named | sampled | given)

    @classmethod
    def _from_tree(
        cls, fn: Callable[..., Any], parameters: Parameters, start: PyTree, data: PyTree, given: dict[str, Any]
    ) -> "Problem":
        at = parameters.vector(start)
        lower, upper = parameters.box(at, given.pop("lower", None), given.pop("upper", None))
        stated = {"truth": Truth("unknown", "no minimum is known"), "reference": "one's own"} | given
        tags = frozenset(stated.pop("tags", ()))
        if held := stated.get("held_out"):
            stated["held_out"] = held._replace(accuracy=lambda x, told: held.accuracy(parameters.tree(x), told))
        return cls(
            fn=fn, lower=lower, upper=upper, start=at, load=lambda: data, tags=tags, parameters=parameters, **stated
        )
