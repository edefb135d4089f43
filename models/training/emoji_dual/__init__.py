"""Trains, evaluates and exports the dual encoder `emoji-dual`."""
