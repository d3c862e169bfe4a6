"""The chat page: the only package that imports gradio, and loaded by `exhibit chat` alone."""

import os

# Read by gradio and huggingface_hub while they are imported: no telemetry, no look-ups.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# After every event gradio sums up all events so far with pandas, for a dashboard that is off here.
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
