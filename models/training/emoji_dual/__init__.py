"""Trains, evaluates and exports the dual encoder `emoji-dual`."""

import os

# ONNX Runtime, which some modules load, would report its use to Microsoft.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
