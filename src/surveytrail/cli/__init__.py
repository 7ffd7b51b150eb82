"""The ``trail`` command: each command in a module of its own, heavy imports only where a command needs them."""
