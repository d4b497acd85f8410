"""Right or wrong, and where: a gradient judged from values of the function alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backlight.errors import BacklightError, InputError
from backlight.gradients.checking.locate import bisect, every_coordinate, examine, explain_error
from backlight.gradients.checking.problem import coordinate, number, quiet, random_direction
from backlight.gradients.checking.subject import (
    Subject,
    examine_input,
    function_subject,
    name_of,
    random_state_kept,
    source_of,
)
from backlight.gradients.checking.taylor import LIMIT
from backlight.gradients.checking.verdict import Culprit, Verdict
from backlight.gradients.checking.weigh import Examination, notice_stairs

# Beside x means this far, relative to the size of x: off any kink that x lies on.
_BESIDE = 1e-3
_VALUE_ROUNDINGS = 8.0
# A derivative that may be 0 is said to be, where it is below this share of the claimed one.
_NOTHING = 1e-6
# Digits of a derivative, where more are not needed to tell it from another; all that there are.
_DIGITS, _ALL_DIGITS = 6, 17


def check(f: Any, x: Any, gradient: Any = None, *, value: Any = None) -> Verdict:
    """Whether a gradient is right, and if not, where it is wrong.

    The claimed slopes along random directions (and along every coordinate, for up to 200 numbers)
    are compared with differences of f, in units of what those can tell: f's own noise is measured,
    steps are chosen by the error they leave. There is no tolerance to set. What cannot be seen,
    because f is noisy, is said by the verdict's `resolution`.

    At a kink, where the slopes to the left and right differ, any slope between them is accepted. Of
    a function that goes in stairs (rounded, quantised) the slope within a step is, which is its
    derivative almost everywhere, and that across the steps, which is what it does on the whole.

    Args:
        f: a NumPy or torch function of one argument with a scalar value; or a `torch.nn.Module`,
            whose output is projected on a fixed random direction, and which is checked by its
            floating-point inputs and its parameters.
        x: an array or number, or a nesting of tuples, lists and mappings of them. For a module its
            input: a tuple holds positional arguments, a mapping named ones.
        gradient: what is checked: None for what backpropagation yields; a function x -> gradient,
            nested like x; such a gradient itself; or a way (`"dual"`, `DualNumbers()`, …).
        value: a second evaluation of f, x -> number (or the number), whose values must agree: the
            value that comes with hand-written dual numbers, say.

    Raises:
        InputError: x, f or the gradient is not fit to be checked; f is random, or changes x.
        OutputError: f or the gradient is not finite at x.
        ModelError: a module cannot be copied.
    """
    with random_state_kept():
        module = _is_module(f)
        if module:
            if gradient is not None or value is not None:
                raise InputError(
                    "a module is checked as autograd differentiates it: leave gradient and value "
                    "out, or give a function of the module's input"
                )
            from backlight.gradients.checking.modules import module_subject

            subject = module_subject(f, x)
        else:
            if not callable(f):
                raise InputError(f"f is a {type(f).__name__}: expected a function or a module")
            subject = function_subject(f, x, gradient)
        examine_input(subject)
        verdict = judged(subject, culprits=lambda: _culprits(f, x, gradient, module))
        if verdict.ok and not module:
            verdict = _with_values(verdict, subject, f, x, gradient, value)
        return replace(verdict, evaluations=subject.evaluations)


def judged(subject: Subject, culprits: Callable[[], list[Verdict]] = list) -> Verdict:
    """The verdict on the derivatives.

    Args:
        culprits: looks inside f for what is wrong; called when something is.
    """
    problem = subject.problem()
    seen = examine(problem)
    slopes = [*seen.slopes, *seen.single.values()]
    orders = [s.order for s in slopes if s.order is not None and s.kink is None]
    facts: dict[str, Any] = {
        "ratio": max((s.ratio for s in slopes if s.kink is None or not s.right), default=0.0),
        "resolution": seen.resolution,
        "order": float(np.median(orders)) if orders else None,
    }
    notice_stairs(seen)
    findings = _findings(seen)
    if seen.wrong is None:
        return Verdict(True, _praise(seen), None, findings, **facts)
    found: list[Verdict] | None = None
    kinks = all(s.kink is not None for s in slopes if not s.right) and _right_beside(subject)
    if kinks:
        every_coordinate(seen)
    if kinks and not all(s.right for s in seen.single.values()):
        # One coordinate alone meets several kinks only inside f, where rules are the ones to judge.
        found = culprits() if subject.by_rule else None
        kinks = found == []
    if kinks:
        note = "the claimed slope is not between those on the kink's sides, but right beside x"
        return Verdict(True, _praise(seen), None, (*findings, note), **facts)
    facts["order"] = seen.worst.order if seen.worst is not None else None
    found = culprits() if found is None else found
    if found:
        more = tuple(f"also wrong: {v.culprit}" for v in found[1:])
        first = found[0]
        return Verdict(False, first.reason, first.culprit, (*findings, *more), **facts)
    return _located(subject, seen, findings, facts)


def _located(
    subject: Subject, seen: Examination, findings: tuple[str, ...], facts: dict[str, Any]
) -> Verdict:
    leaf, element = bisect(seen)
    factor = explain_error(seen, leaf, element, subject.call)
    culprit = Culprit(
        subject.name,
        subject.paths[leaf],
        None if element is None else subject.element(leaf, element),
        *subject.source,
        factor,
    )
    reason = _blame(seen, subject, leaf, element, factor)
    return Verdict(False, reason, culprit, findings, **facts)


def _right_beside(subject: Subject) -> bool:
    """Whether the gradient claimed a little off x is right there."""
    if not subject.movable:
        return False
    here = subject.problem()
    line = random_direction(here, np.random.default_rng(1))
    leaves, _ = line.move(here, _BESIDE)
    try:
        return examine(subject.problem(leaves), directions=3, each=False).wrong is None
    except BacklightError:
        return False


def _praise(seen: Examination) -> str:
    looked = f"{len(seen.slopes)} random directions"
    if seen.single:
        count = len(seen.single)
        looked += f" and all {count} coordinates" if count > 1 else " and its only coordinate"
    if all(s.best == 0 and s.off == 0 for s in seen.slopes):
        return f"right along {looked}: f is constant around x, its gradient 0"
    return f"right along {looked}, to {seen.resolution:.1e} of the gradient"


def _blame(
    seen: Examination, subject: Subject, leaf: int, element: int | None, factor: str | None
) -> str:
    slope = seen.single.get((leaf, element)) if element is not None else None
    if element is None or slope is None:
        named = f"{subject.name}: the derivative by {subject.paths[leaf]} is wrong"
    else:
        scale = coordinate(seen.problem, leaf, element).scale
        claimed, best = _apart(slope.claimed / scale, slope.best / scale, slope.uncertainty / scale)
        right = f"is {best}"
        if slope.kink is not None:
            left, beyond = slope.kink
            right = f"f's slopes there are {left / scale:.6g} and {beyond / scale:.6g}"
        named = (
            f"{subject.name}: the derivative by {subject.call(leaf, element)} is claimed to be "
            f"{claimed}, but {right}"
        )
    return f"{named}: the claimed one {factor}" if factor else named


def _apart(claimed: float, right: float, uncertainty: float) -> tuple[str, str]:
    """Two derivatives that differ, with as many digits as show it."""
    if abs(right) <= min(LIMIT * uncertainty, _NOTHING * abs(claimed)):
        right = 0.0
    digits = _DIGITS
    while (told := f"{claimed:.{digits}g}") == f"{right:.{digits}g}" and digits < _ALL_DIGITS:
        digits += 1
    return told, f"{right:.{digits}g}"


def _findings(seen: Examination) -> tuple[str, ...]:
    found = []
    kinks = seen.kinks()
    if kinks:
        lines = len(seen.slopes) + len(seen.single)
        found.append(
            f"x lies on a kink: along {kinks} of {lines} lines the slopes to the left and right "
            "differ; a slope between them is accepted"
        )
    if seen.stairs is not None:
        found.append(
            f"f goes in stairs, of jumps of about {seen.stairs.jump:.2g}: the slope between the "
            "jumps is accepted, and that across many of them, where it can be told; "
            + _which_slope(seen)
        )
    if seen.resolution > 0.01 and (seen.stairs is None or seen.wrong is None):
        found.append(
            f"f is noisy: errors of the gradient below {seen.resolution:.1%} would not be seen"
        )
    return tuple(found)


def _which_slope(seen: Examination) -> str:
    if seen.wrong is not None:
        return "the claimed one is neither"
    return f"the claimed one is that {'across' if seen.across else 'between'} them"


def _with_values(
    verdict: Verdict, subject: Subject, f: Any, x: Any, gradient: Any, value: Any
) -> Verdict:
    """The verdict, turned where a second evaluation of f has another value."""
    from backlight.gradients.checking.values import second_values

    problem = subject.problem()
    noise = problem.epsilon * abs(problem.centre) * _VALUE_ROUNDINGS
    line = random_direction(problem, np.random.default_rng(1))
    for name, evaluate, source in second_values(f, x, gradient, value):
        for h in (0.0, _BESIDE, -_BESIDE) if callable(value) or value is None else (0.0,):
            leaves, _ = line.move(problem, h)
            plain = problem.value(leaves)
            if np.isnan(plain):
                continue  # outside of f's domain
            with quiet(False):
                other = number(evaluate(leaves))
            if not abs(other - plain) <= LIMIT * noise + abs(plain) * LIMIT * problem.epsilon:
                culprit = Culprit(name_of(f), f"value ({name})", None, *source, None)
                reason = f"the value by {name} is {other:.6g}, but f is {plain:.6g} there"
                return replace(verdict, ok=False, reason=reason, culprit=culprit)
    return verdict


def _culprits(f: Any, x: Any, gradient: Any, module: bool) -> list[Verdict]:
    if module:
        from backlight.gradients.checking.modules import failing_submodules

        return failing_submodules(f, x)
    if gradient is not None:
        return []
    from backlight.gradients.checking.recheck import failing_operations

    return failing_operations(f, x)


def _is_module(f: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(f, torch.nn.Module)


__all__ = ["Culprit", "Verdict", "check", "source_of"]
