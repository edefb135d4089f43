"""Trains `emoji-entail`, a small visual-entailment model over the frozen picture tower of `emoji-dual`."""
