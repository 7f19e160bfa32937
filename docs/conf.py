"""Sphinx configuration. `nox -s docs` builds the site."""

from importlib.metadata import version as version_of

from sphinx.application import Sphinx

project = "nestgrad"
author = "The nestgrad developers"
version = release = version_of("nestgrad")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
exclude_patterns = ["examples", "tests", "_build"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

default_role = "code"  # docstrings mark code with single backticks
add_module_names = False  # each page says where its names come from
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say what the types cannot
napoleon_use_ivar = True  # a list of attributes, not an entry for each
napoleon_use_rtype = False

html_theme = "furo"
html_show_copyright = False
html_title = "nestgrad"


def signature_of_protocol(app: Sphinx, what: str, name: str, obj: object, *_: object) -> tuple[str, None] | None:
    """None to show: nobody makes an instance of a protocol."""
    return ("", None) if getattr(obj, "_is_protocol", False) else None


def setup(app: Sphinx) -> None:
    """Connect the above."""
    app.connect("autodoc-process-signature", signature_of_protocol)
