"""OFA checkpoints for visual entailment → the service's model folders."""

import os

# ONNX Runtime, which some modules load, would report its use to Microsoft.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
