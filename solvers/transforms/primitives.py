"""What each primitive of JAX is: said once, for all that reads jaxprs.

A primitive without a row is left to JAX's `vmap`. A row is no rule: what becomes of scalars, intervals or lanes stands
with these.
"""

from enum import Enum, auto
from typing import NamedTuple


class PrimitiveKind(Enum):
    """What a primitive does to its arrays."""

    ELEMENTWISE = auto()
    """Each number of the result is made of one number of each input."""
    MOVE = auto()
    """Moves numbers and changes none."""
    ALONG = auto()
    """Combines numbers along axes: sums, products, running sums, orders."""
    CALL = auto()
    """Holds other operations: a function, a branch or a loop."""
    LIBRARY = auto()
    """What LAPACK and its like do."""


class PrimitiveCost(Enum):
    """Of an elementwise primitive, for one number."""

    SHORT = auto()
    """An instruction or two."""
    LONG = auto()
    """So many that the compiler writes a loop for it, and computes no such result twice."""
    ELEMENTARY = auto()
    """As many, and all written out wherever it is called: a polynomial."""


class PrimitiveFacts(NamedTuple):
    """What is known of a primitive."""

    kind: PrimitiveKind
    cost: PrimitiveCost = PrimitiveCost.SHORT
    tells: bool = False
    """Has it no finite derivative wherever it, or what it is applied to, has no value?"""
    in_one_piece: bool = True
    """Can XLA:CPU write it in one piece of code with others? Else it knows it only as a kernel, or calls a library."""


def _rows(names: str, *facts: object, **more: object) -> dict[str, PrimitiveFacts]:
    return dict.fromkeys(names.split(), PrimitiveFacts(*facts, **more))  # type: ignore[arg-type]


PRIMITIVES: dict[str, PrimitiveFacts] = {
    **_rows(
        "abs add add_any copy convert_element_type div integer_pow max min mul neg",
        PrimitiveKind.ELEMENTWISE,
        tells=True,
    ),
    **_rows("one_minus_square square sub", PrimitiveKind.ELEMENTWISE, tells=True),
    **_rows(
        "and ceil clamp eq erf_inv erfc floor ge gt is_finite le le_to lt lt_to ne not or round",
        PrimitiveKind.ELEMENTWISE,
    ),
    **_rows("select_n sign stop_gradient xor", PrimitiveKind.ELEMENTWISE),
    **_rows("rsqrt sqrt", PrimitiveKind.ELEMENTWISE, PrimitiveCost.LONG, tells=True),
    **_rows("cbrt rem", PrimitiveKind.ELEMENTWISE, PrimitiveCost.LONG),
    **_rows(
        "cos erf exp exp2 expm1 logistic sin tan tanh", PrimitiveKind.ELEMENTWISE, PrimitiveCost.ELEMENTARY, tells=True
    ),
    **_rows("acos acosh asin asinh atan atan2 atanh cosh", PrimitiveKind.ELEMENTWISE, PrimitiveCost.ELEMENTARY),
    **_rows("digamma lgamma log log1p log2 pow sinh", PrimitiveKind.ELEMENTWISE, PrimitiveCost.ELEMENTARY),
    **_rows("broadcast_in_dim concatenate iota pad reshape reshard rev slice split", PrimitiveKind.MOVE, tells=True),
    **_rows("squeeze stack transpose unstack", PrimitiveKind.MOVE, tells=True),
    **_rows("expand_dims gather read", PrimitiveKind.MOVE, tells=True, in_one_piece=False),
    "bitcast_convert_type": PrimitiveFacts(PrimitiveKind.MOVE),
    **_rows("dynamic_slice dynamic_update_slice real imag scatter", PrimitiveKind.MOVE, in_one_piece=False),
    **_rows("dot_general reduce_sum", PrimitiveKind.ALONG, tells=True, in_one_piece=False),
    "reduce_or": PrimitiveFacts(PrimitiveKind.ALONG),
    **_rows("reduce_and reduce_max reduce_min reduce_prod argmax argmin", PrimitiveKind.ALONG, in_one_piece=False),
    **_rows("cumsum cumprod cummax cummin scatter-add sort top_k", PrimitiveKind.ALONG, in_one_piece=False),
    **_rows("conv_general_dilated row_sum row_sum_tangents", PrimitiveKind.ALONG, in_one_piece=False),
    **_rows("cond scan while jit pjit closed_call", PrimitiveKind.CALL),
    **_rows("checkpoint remat2 custom_jvp_call custom_vjp_call platform_index", PrimitiveKind.CALL, in_one_piece=False),
    **_rows("cholesky eigh fft lu lu_pivots_to_permutation qr geqrf svd", PrimitiveKind.LIBRARY, in_one_piece=False),
    **_rows("householder_product triangular_solve custom_linear_solve", PrimitiveKind.LIBRARY, in_one_piece=False),
}


def of_kind(kind: PrimitiveKind) -> frozenset[str]:
    """The names of the primitives of a kind."""
    return frozenset(name for name, row in PRIMITIVES.items() if row.kind is kind)


ELEMENTWISE = of_kind(PrimitiveKind.ELEMENTWISE)
CALLS = of_kind(PrimitiveKind.CALL)
TELLING = frozenset(name for name, row in PRIMITIVES.items() if row.tells)


def cost_of(name: str) -> PrimitiveCost:
    """What a primitive costs for one number; what has no row counts as short."""
    return PRIMITIVES[name].cost if name in PRIMITIVES else PrimitiveCost.SHORT
