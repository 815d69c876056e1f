"""One thread for the linear algebra of this package, whose matrices are many and small.

Threads of BLAS would mostly wait for each other, which costs several times the processor time, most
of all on a busy machine.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import RLock

from threadpoolctl import ThreadpoolController

# How many threads BLAS has is a setting of the whole process: who sets it has to put it back
# before another thread may, or what was meant for a while would stay.
_HOLDER = RLock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread within a block; the caller's own numpy then gets back what it had.

    Blocks may lie within others, or run in several threads at once.
    """
    if not _HOLDER.acquire(blocking=False):  # another thread sees to it
        yield
        return
    try:
        libraries = _libraries(len(sys.modules))
        if all(each.num_threads in (1, None) for each in libraries.lib_controllers):
            yield
        else:
            with libraries.limit(limits=1, user_api="blas"):
                yield
    finally:
        _HOLDER.release()


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """Return the libraries of BLAS; a library that is new came with a module, and 7 ms are much."""
    return ThreadpoolController().select(user_api="blas")
