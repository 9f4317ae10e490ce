"""How Sphinx builds the site."""

import itertools
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
from PIL import Image

import jaxaug
from jaxaug.tools.gallery import gallery

DOCS = pathlib.Path(__file__).parent

project = "jaxaug"
author = copyright = "The jaxaug authors"
version = release = jaxaug.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "_gallery"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"jaxaug {release}"
myst_heading_anchors = 3
default_role = "code"  # docstrings mark code by single backticks
autodoc_typehints = "none"
autodoc_member_order = "alphabetical"
napoleon_numpy_docstring = False


def is_builtin(app, what, name, value, skip, options):
    """Leaves out attributes that hold a function of Python itself, such as the `min` of a class, with its docstring."""
    return True if type(value).__name__ == "builtin_function_or_method" else None


def draw_gallery(app):
    """Draws the gallery and writes the middle of its page, if the library has changed since the last time."""
    folder = DOCS / "_gallery"
    middle = folder / "sections.md"
    sources = [DOCS / "conf.py", *(DOCS.parent / "jaxaug").rglob("*.py")]
    if middle.exists() and middle.stat().st_mtime >= max(source.stat().st_mtime for source in sources):
        return
    folder.mkdir(exist_ok=True)
    lines, drawn = [], [(cell, cell.picture()) for cell in gallery(jax.random.key(0))]
    for number, (section, cells) in enumerate(itertools.groupby(drawn, key=lambda one: one[0].section)):
        cells = list(cells)
        widest = max(picture.shape[1] for _, picture in cells)
        lines += [f"## {section.title}", "", "````{container} gallery"]
        for place, (cell, picture) in enumerate(cells):
            file = f"{number:02d}_{place:02d}_{cell.title}.jpg"
            Image.fromarray(picture).save(folder / file, quality=88)
            said = section.arguments.get(cell.title)
            arguments = ", ".join(f"{name}={value!r}" for name, value in said.items()) if said else ""
            caption = "before" if said is None else f"{{py:class}}`{cell.title} <jaxaug.{cell.title}>`"
            lines += [f"```{{figure}} _gallery/{file}", f":alt: {section.title}: {cell.title}"]
            lines += [f":width: {100 * picture.shape[1] / widest:.0f}%", "", caption]
            lines += ["", f"`{arguments}`"] if arguments else []
            lines += ["```"]
        lines += ["````", ""]
    middle.write_text("\n".join(lines))


def setup(app):
    app.connect("builder-inited", draw_gallery)
    app.connect("autodoc-skip-member", is_builtin)
