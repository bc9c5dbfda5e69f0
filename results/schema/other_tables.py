"""The columns of the tables beside results.csv."""

from results.columns import Column
from results.schema.kinds import count_column as _count
from results.schema.kinds import number_column as _number
from results.schema.kinds import seconds_column as _seconds
from results.schema.kinds import share_column as _share
from results.schema.kinds import text_column as _text
from results.schema.main_table import COLUMNS
from results.schema.words import KEY

_KEY_COLUMNS = tuple(column for column in COLUMNS if column.name in KEY)
QUANTILES = {"p10": "A tenth", "p25": "A quarter", "median": "Half", "p75": "Three quarters", "p90": "Nine tenths"}


def _quantiles(name: str, meaning: str) -> tuple[Column, ...]:
    return tuple(_number(f"{name}_{label}", f"{share} of the lanes {meaning}") for label, share in QUANTILES.items())


TABLES: dict[str, tuple[Column, ...]] = {
    "samples": (
        *_KEY_COLUMNS,
        _count("round", "Number of the timed round, from 0."),
        _seconds("time_s", "Its duration."),
    ),
    "targets": (
        *_KEY_COLUMNS,
        _text("quantity", "gradient: max_i |df/dx_i|; gap: f - f*, where f* is known."),
        _number(
            "target", "What part of its value at the start the quantity must fall to; a gap of 8 eps |f*| is none."
        ),
        _count("n_lanes", "Lanes observed: the batch, at most 4096."),
        _count("n_reached", "Lanes that reached the target."),
        _count("steps_sum", "Steps of all lanes until there, or until they stopped; over n_reached: with restarts."),
        *_quantiles("steps", "reached it within so many steps; empty if fewer did."),
    ),
    "trace": (
        *_KEY_COLUMNS,
        _count("step", "Number of steps made; of an unjudged row its tool's iterations or evaluations of f."),
        _seconds("time_s", "Estimate of a start's time until there: step * time_median_s / steps_sum."),
        _count("n_lanes", "Lanes observed: the batch, at most 4096."),
        _count("n_running", "Lanes that had not stopped; a stopped lane keeps its values."),
        _number("f_median", "Median over lanes of f."),
        *_quantiles("f_gap", "had f - f* at most so large; empty where f* is unknown or the figure is not finite."),
        *_quantiles("grad_norm", "had max_i |df/dx_i| at most so large."),
    ),
    "learning": (
        *_KEY_COLUMNS,
        _count("start", "Number of the start, from 0; every start is run alone."),
        _count("step", "Number of steps made."),
        _seconds("time_s", "Seconds of a whole call of so many steps from the start; choosing a step size is apart."),
        _number(
            "n_gradients",
            "Its work in gradients on all data: one of b of m rows counts as b / m, a product with the Hessian as one, "
            "a Hessian as n, f without its gradient as a third.",
        ),
        _number("f", "f there, on all data, by the referee; empty where it is not finite."),
        _share("accuracy", "Share of the examples held out that it gets right, which f never sees."),
    ),
}
"""The other tables of a run, in files of their names."""
