"""CLIP and OpenCLIP checkpoints → the service's model folders."""
