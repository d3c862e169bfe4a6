"""The chat page: the only package that imports gradio, and loaded by `exhibit chat` alone."""

import os

# Read by gradio and huggingface_hub while they are imported: no telemetry, no look-ups.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
