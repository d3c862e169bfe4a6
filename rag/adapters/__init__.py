"""The only modules that import heavy libraries; built by `rag.build` alone."""

import os

# Since 1.29 onnxruntime sends events, and an id of the machine, to Microsoft unless told before it
# is loaded (its Privacy.md; microsoft/onnxruntime#27379).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
