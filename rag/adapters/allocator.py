"""Having the C library give freed memory back to the system; nothing happens without glibc.

Chroma builds graphs in threads that come and go. glibc kept 2 kB of each passage after a graph was
freed, in an arena for each thread and in holes; with these settings and a trim it keeps nothing.
"""

import ctypes
import sys

#: Of glibc's malloc.h.
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
_LARGE = 1_000_000


def tidy_memory() -> None:
    """Have threads share an arena from now on, and large blocks be returned when they are freed."""
    if mallopt := getattr(_c_library(), "mallopt", None):
        mallopt(_M_ARENA_MAX, 1)
        # Said, or glibc would raise it to the largest block that was freed.
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def return_memory() -> None:
    """Give back to the system what is free."""
    if trim := getattr(_c_library(), "malloc_trim", None):
        trim(0)


def _c_library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
