"""The complex step is right on analytic functions and refused, never wrong, on all others."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

from backlight.errors import BacklightError, OutputError, TraceError
from backlight.gradients.finite import FiniteDifferences

NAMES = {"np": np, "sp": sp, "math": math, "cmath": cmath}
MATRIX = np.array([[2.0, 0.3, 0.1], [0.2, 3.0, 0.4], [0.1, 0.5, 4.0]])

# Of x = (0.3, -1.2, 2.5).
REFUSED = (
    "np.sum(np.abs(x))",
    "sum(abs(v) for v in x)",
    "np.linalg.norm(x)",
    "x.real.sum()",
    "np.real(x).sum()",
    "np.sum(np.conj(x)*x)",
    "x.imag.sum()",
    "(x*x.conj()).sum()",
    "np.vdot(x,x)",
    "np.maximum(x,0).sum()",
    "max(x)",
    "max(v*v for v in x)",
    "x.max()",
    "np.max(x)",
    "np.sort(x)[0]",
    "sorted(x)[0]",
    "np.clip(x,0,1).sum()",
    "x.clip(0,1).sum()",
    "np.var(x)",
    "x.std()",
    "np.arctan2(x,1).sum()",
    "np.where(x>0,x,0).sum()",
    "(x[0] if x[0]>0 else 0)",
    "(x[0] if x[0] else 0)",
    "x[x>0].sum()",
    "float(x[0])",
    "math.exp(x[0])",
    "cmath.exp(x[0]).real",
    "complex(x[0]).real",
    "np.asarray(x).real.sum()",
    "np.array([x[0],x[1]]).sum()",
    "np.array([abs(v) for v in x]).sum()",
    "np.hypot(x,1).sum()",
    "np.sign(x)@x",
    "np.floor(x).sum()",
    "(x//1).sum()",
    "(x%1).sum()",
    "divmod(x[0],1)[1]",
    "round(x[0])",
    "np.round(x).sum()",
    "np.fmax(x,0).sum()",
    "np.argmax(x)",
    "x[np.argmax(x)]",
    "np.median(x)",
    "np.percentile(x,50)",
    "np.interp(x,[0,1],[0,1]).sum()",
    "np.linalg.svd(x.reshape(1,3))[1][0]",
    "np.linalg.eigvalsh(np.outer(x,x))[0]",
    "np.linalg.cholesky(np.outer(x,x)+np.eye(3))[0,0]",
    "np.heaviside(x,0)@x",
    "np.cbrt(x).sum()",
    "np.logaddexp(x,0).sum()",
    "np.nan_to_num(x).sum()",
    "np.correlate(x,x).sum()",
    "np.linalg.slogdet(np.outer(x,x)+np.eye(3))[1]",
    "np.sqrt(x).sum()",
    "np.log(x).sum()",
    "(x**0.5).sum()",
    "np.fft.fft(x)[0].real",
    "np.einsum('i,i',x,np.abs(x))",
    "np.nonzero(x)[0].sum()",
    "np.count_nonzero(x>0)*x[0]",
    "(x==0).sum()",
    "np.isclose(x,0).sum()+x[0]",
    "np.ptp(x)",
    "np.gradient(x)[0]",
    "np.sum(x,dtype=float)",
    "np.add.reduce(x,dtype=float)",
    "np.multiply(x,x,out=np.zeros(3)).sum()",
    "x.astype(np.float32).sum()",
    "x.view(float).sum()",
    "x.tolist()[0]",
    "x.item(0)",
    "x[0].item()",
    "np.float64(x[0])",
    "np.linalg.pinv(x.reshape(1,3)).sum()",
    "np.linalg.vecdot(x,x)",
    "np.vecdot(x,x)",
    "np.sum(x, where=x>0)",
    "np.linalg.matrix_norm(np.outer(x,x))",
    "np.select([x>0],[x]).sum()",
    "np.piecewise(x,[x>0],[lambda v:v]).sum()",
    "np.unique(x)[0]",
    "np.searchsorted(np.array([0.,1]),x)[0]*x[0]",
    "np.digitize(x,[0,1])[0]*x[0]",
    "np.trim_zeros(x)[0]",
    "np.apply_along_axis(np.abs,0,x).sum()",
    "np.isreal(x).sum()*x[0]",
    "sp.ndtri(x).sum()",
    "sp.gammaln(x+3).sum()",
    "math.hypot(*x)",
    "math.fsum(x)",
    "math.sqrt(x[0])",
    "np.maximum.reduce(x)",
    "np.linalg.norm([x[0],x[1]])",
    "np.subtract.outer(x,x).max()",
    "getattr(x,'real').sum()",
    "x.__abs__().sum()",
    "np.angle(x).sum()",
    "np.iscomplexobj(x)*x[0]",
    "np.power(-x*x-1,1.5).sum()",
    "np.abs(x[0]*x[1])",
    "np.pad(x,1,mode='maximum').sum()",
)

# Of x = (0.3, 1.2, 2.5) and a matrix A.
ANALYTIC = (
    "np.sum(x**3)",
    "np.exp(x).sum()",
    "np.sum(np.sin(x)*np.cos(x)/np.tan(x+1))",
    "np.prod(x)",
    "x@A@x",
    "np.dot(A,x).sum()",
    "np.linalg.solve(A+np.outer(x,x),x).sum()",
    "np.linalg.det(A*x)",
    "np.linalg.inv(A*x).sum()",
    "np.einsum('i,ij,j',x,A,x)",
    "np.sum(np.where(np.array([True,False,True]),x,x**2))",
    "np.concatenate([x,x**2])@np.arange(6.)",
    "np.stack([v**2 for v in x]).sum()",
    "sum(v**2 for v in x)",
    "np.mean(x)**2",
    "x.reshape(3,1).T.sum()**2",
    "np.sqrt(x).sum()",
    "np.log(x).sum()+np.log1p(x).sum()+np.expm1(x).sum()",
    "(x**2.5).sum()",
    "(2**x).sum()",
    "np.tanh(x).sum()+np.arctan(x).sum()+np.arcsinh(x).sum()",
    "np.cumsum(x)[1]*x[2]",
    "np.convolve(x,x).sum()",
    "np.pad(x,1,mode='edge').sum()**2",
    "np.cross(x,A[0])@A[1]",
    "np.outer(x,x)[0,2]",
    "np.tensordot(A,x,1).sum()",
    "np.deg2rad(x).sum()",
    "np.add.reduce(x)**2",
    "np.multiply.outer(x,x)[0,1]",
    "sp.erf(x).sum()",
    "sp.expit(40*x-50).sum()+sp.log_expit(40*x-50).sum()",
    "sp.logsumexp(x)+sp.logsumexp(x,b=A[0])",
    "sp.softmax(x)[0]+sp.log_softmax(x)[1]",
    "np.polyval(x,2.)",
    "x[[0,0,2]].prod()",
    "x[::-1]@A[0]",
    "np.roll(x,1)@A[0]",
    "np.zeros_like(x).sum()+x[0]",
    "np.arccos(x/3).sum()+np.arcsin(x/3).sum()+np.arctanh(x/3).sum()+np.arccosh(x+2).sum()",
    "1/(1+np.exp(-x)).sum()",
    "np.square(x).sum()+np.reciprocal(x).sum()",
    "np.linalg.matrix_power(A*x,3).trace()",
    "np.average(x,weights=A[0])",
    "5.0",
)


def function(text: str) -> Any:
    return eval(f"lambda x: {text}", {**NAMES, "A": MATRIX})


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_not_analytic_is_refused(text: str) -> None:
    with pytest.raises((TraceError, OutputError)) as problem:
        FiniteDifferences("complex-step").gradient(function(text), np.array([0.3, -1.2, 2.5]))
    assert isinstance(problem.value, BacklightError)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("text", ANALYTIC)
def test_what_is_analytic_is_right(text: str) -> None:
    x, f = np.array([0.3, 1.2, 2.5]), function(text)
    found = FiniteDifferences("complex-step").gradient(f, x)
    expected, error = FiniteDifferences("richardson").with_error(f, x)
    assert (np.abs(found - expected) <= 10 * error + 1e-12).all()


def test_a_refusal_names_what_was_met_and_what_to_use() -> None:
    with pytest.raises(TraceError, match=r"absolute is not analytic.*method='central' or 'dual'"):
        FiniteDifferences("complex-step").gradient(lambda x: np.sum(abs(x)), np.ones(2))
    with pytest.raises(TraceError, match="greater is not analytic"):
        FiniteDifferences("complex-step").gradient(lambda x: x if x > 0 else -x, 2.0)


def test_a_root_of_a_negative_number_on_the_way_is_no_real_function() -> None:
    with np.errstate(invalid="ignore"), pytest.raises(OutputError, match="f is nan"):
        FiniteDifferences("complex-step").gradient(lambda x: np.sqrt(x) ** 2, -1.0)
    with pytest.raises(TraceError, match="leaves the real numbers"), np.errstate(invalid="ignore"):
        FiniteDifferences("complex-step", verify=False).gradient(np.log, -1.0)


def test_other_leaves_stay_plain_arrays() -> None:
    found = FiniteDifferences("complex-step").gradient(
        lambda x: np.sum(x["a"] * np.square(x["b"])), {"a": np.ones(2), "b": np.array([3.0, 4.0])}
    )
    np.testing.assert_allclose(found["a"], [9, 16], rtol=1e-15)
    np.testing.assert_allclose(found["b"], [6, 8], rtol=1e-15)


def test_a_single_precision_function_is_differentiated_in_double() -> None:
    x = np.array([0.3, 1.2], np.float32)
    found = FiniteDifferences("complex-step").gradient(lambda x: np.sum(np.sin(x)), x)
    np.testing.assert_array_equal(found, np.cos(x.astype(float)).astype(np.float32))


@pytest.mark.parametrize("z", [-1000.0, -40.0, 0.0, 40.0, 1000.0])
@pytest.mark.parametrize("name", ["expit", "log_expit"])
def test_logistic_functions_of_large_numbers_neither_overflow_nor_lose_digits(
    name: str, z: float
) -> None:
    f = getattr(sp, name)
    slope = {"expit": sp.expit(z) * sp.expit(-z)}
    expected = slope.get(name, sp.expit(-z))
    found = FiniteDifferences("complex-step").gradient(lambda x: f(x)[0], np.array([z]))
    np.testing.assert_allclose(found, [expected], rtol=1e-14, atol=0)


def test_the_order_of_an_array_in_memory_does_not_matter() -> None:
    x = np.arange(1.0, 7).reshape(2, 3).T
    found = FiniteDifferences("complex-step").gradient(lambda x: np.sum(x**3), x)
    np.testing.assert_allclose(found, 3 * x**2, rtol=1e-14)
