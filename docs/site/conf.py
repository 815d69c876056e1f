"""How Sphinx builds the site from `build/docs/source`; see `docs/build_site.py`."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from biomarkers import __version__ as release  # noqa: E402, F401 (Sphinx reads it)

project = "biomarkers"
project_copyright = "The biomarkers developers"
extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "sphinx_design",
    "sphinx_copybutton",
    "extension",
]
default_role = "name"  # `name` in a docstring is code, and a link where there is such a name
highlight_language = "text"
maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"

autodoc_typehints = "none"  # the docstrings name types, shapes and units
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # docs/run_examples.py has executed them

nitpicky = True
nitpick_ignore_regex = [("py:(obj|class)", ".*")]

html_theme = "furo"
templates_path = ["templates"]
html_title = "biomarkers"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_copy_source = False
html_show_search_summary = False  # pages of a folder may not read each other
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"
