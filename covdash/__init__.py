"""covdash: a self-hosted code-coverage dashboard."""
