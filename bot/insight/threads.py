"""One thread a fit: a busy machine is not made busier.

The libraries below scikit-learn start a thread for every core they see, and their threads wait for
each other by spinning: beside other work the same fit costs several times its CPU time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS and OpenMP use one thread inside, and as many as before afterwards.

    Only libraries that are loaded can be told so: scikit-learn is loaded first.
    """
    import_module("sklearn.ensemble")
    with import_module("threadpoolctl").threadpool_limits(limits=1):
        yield
