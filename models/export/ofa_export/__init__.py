"""OFA checkpoints for visual entailment → the service's model folders."""
