"""covdash: a self-hosted code-coverage dashboard."""

__version__ = "0.1.0"
