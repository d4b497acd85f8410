"""The answer of `check`: right or wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Culprit:
    """What is wrong.

    Attributes:
        operation: the function, operation, autograd function or submodule whose derivative it is.
        input: which of its inputs the derivative is by: `x['w']`, `weight`, `input 0`.
        element: the index of a wrong element; None where the whole is wrong alike.
        file: where the operation (for an autograd function: its backward) is written, or called.
        line: the line in it.
        factor: what turns the right derivative into the wrong one, where one thing explains all.
    """

    operation: str
    input: str
    element: tuple[int, ...] | None = None
    file: str | None = None
    line: int | None = None
    factor: str | None = None

    def __str__(self) -> str:
        index = f"[{', '.join(map(str, self.element))}]" if self.element else ""
        where = f" ({self.file}:{self.line})" if self.file else ""
        return f"{self.operation}, by {self.input}{index}{where}"


@dataclass(frozen=True)
class Verdict:
    """Whether a gradient is right.

    Attributes:
        ok: whether it is; the verdict itself is true or false alike.
        reason: why, in one line.
        culprit: what is wrong and where; None where nothing is.
        findings: further observations: kinks, other culprits, what could not be looked at.
        ratio: the largest error found, in units of its own uncertainty; above 10 is wrong.
        order: the power of h with which f's residual falls: 2 right, 1 wrong, None where the
            residual is nothing but noise.
        resolution: the smallest relative error of the gradient, in size, that would have been seen
            along a random direction. Where f is noisy it is large, and `ok` says only this much.
        evaluations: how often f was evaluated.
    """

    ok: bool
    reason: str
    culprit: Culprit | None = None
    findings: tuple[str, ...] = ()
    ratio: float = 0.0
    order: float | None = None
    resolution: float = 0.0
    evaluations: int = 0

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        order = "noise only" if self.order is None else f"{self.order:.2f}"
        lines = [
            f"{'right' if self.ok else 'WRONG'}: {self.reason}",
            f"  Taylor order  {order} (right 2, wrong 1)",
            f"  worst error   {self.ratio:.3g} × its uncertainty (wrong above 10)",
            f"  resolution    {self.resolution:.1e} of the gradient",
        ]
        if self.culprit is not None:
            lines.insert(1, f"  culprit       {self.culprit}")
        lines += [f"  - {finding}" for finding in self.findings]
        return "\n".join(lines)
