"""What the user is told in one line."""


class BadInput(Exception):
    """The checkpoint or an argument cannot be used; the message says which and why. The command ends with code 2."""
