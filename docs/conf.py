"""How Sphinx builds the site."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import jaxaug

project = "jaxaug"
author = copyright = "The jaxaug authors"
version = release = jaxaug.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"jaxaug {release}"
myst_heading_anchors = 3
default_role = "code"  # docstrings mark code by single backticks
autodoc_typehints = "none"
autodoc_member_order = "alphabetical"
napoleon_numpy_docstring = False


def is_builtin(app, what, name, value, skip, options):
    """Leaves out attributes that hold a function of Python itself, such as the `min` of a class, with its docstring."""
    return True if type(value).__name__ == "builtin_function_or_method" else None


def setup(app):
    app.connect("autodoc-skip-member", is_builtin)
