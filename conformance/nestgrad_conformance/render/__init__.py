"""How reports look: on a terminal, as HTML, as Markdown."""
