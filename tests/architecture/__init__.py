"""The structure of the code: which rooms may import which."""
