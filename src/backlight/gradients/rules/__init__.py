"""One table: NumPy function -> local derivatives. Backpropagation and dual numbers both read it."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.gradients.rules.composites import COMPOSITES
from backlight.gradients.rules.decompositions import DECOMPOSITIONS
from backlight.gradients.rules.elementwise import ELEMENTWISE, STEPS
from backlight.gradients.rules.forms import Rule
from backlight.gradients.rules.linear import LINEAR
from backlight.gradients.rules.linear_algebra import LINEAR_ALGEBRA
from backlight.gradients.rules.products import PRODUCTS
from backlight.gradients.rules.selecting import SELECTING
from backlight.gradients.rules.special import SPECIAL, special_rules

RULES: dict[Any, Rule] = {
    **ELEMENTWISE,
    **LINEAR,
    **PRODUCTS,
    **SELECTING,
    **LINEAR_ALGEBRA,
    **DECOMPOSITIONS,
    **SPECIAL,
}

# What is looked up of a traced value, not computed from it: answered from its primal.
CONSTANTS: frozenset[Any] = STEPS | {
    *(np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.searchsorted),
    *(np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast),
    *(np.nonzero, np.flatnonzero, np.count_nonzero, np.any, np.all, np.isclose, np.allclose),
    *(np.array_equal, np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory),
    *(np.argwhere, np.argpartition, np.lexsort, np.digitize, np.isreal, np.iscomplex),
    *(np.isneginf, np.isposinf, np.array_equiv, np.common_type, np.min_scalar_type),
    *(np.round, np.around, np.fix, np.unravel_index, np.array2string, np.array_repr),
    *(np.array_str, np.nanargmax, np.nanargmin, np.isin, np.ravel_multi_index, np.einsum_path),
    *(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from, np.ix_),
    *(np.linalg.matrix_rank, np.angle, np.imag),
}


def find_rule(function: Any) -> Rule | None:
    """The rule of a function; SciPy's are looked up when one of them is first met."""
    rule = RULES.get(function)
    if rule is None and type(function) is np.ufunc and function not in COMPOSITES:
        RULES.update(special_rules())
        rule = RULES.get(function)
    return rule


__all__ = ["COMPOSITES", "CONSTANTS", "RULES", "find_rule"]
