"""Finding the right message and answering with checked citations."""

import os

# numpy reads it when it is first loaded. Waiting for a second thread takes longer than a table of
# vectors: with one 0.5 ms for 7,600 passages and 11 for 105,000, with two on a busy machine 6 and
# 16; two threads are 0.2 and 2 ms faster while both cores are idle.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
