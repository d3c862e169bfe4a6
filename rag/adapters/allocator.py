"""Having the C library give freed memory back to the system; nothing happens without glibc.

Chroma builds graphs in threads that come and go. glibc kept 2 kB of each passage after a graph was
freed, in an arena for each thread; with one arena and a trim it keeps nothing.
"""

import ctypes
import sys

#: Of glibc's malloc.h.
_M_ARENA_MAX = -8


def share_one_arena() -> None:
    """Have threads that start from now on take memory from one common arena."""
    if mallopt := getattr(_c_library(), "mallopt", None):
        mallopt(_M_ARENA_MAX, 1)


def return_memory() -> None:
    """Give back to the system what is free."""
    if trim := getattr(_c_library(), "malloc_trim", None):
        trim(0)


def _c_library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
