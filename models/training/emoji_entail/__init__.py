"""Trains `emoji-entail`, a small visual-entailment model over the frozen picture tower of `emoji-dual`."""

import os

# ONNX Runtime, which some modules load, would report its use to Microsoft.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
