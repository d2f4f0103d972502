"""Makes the built site light: what no page uses goes, figures are packed without loss.

The theme brings each icon of Font Awesome three times: as a script of 1.5 MB that draws
them, as fonts, and as rules of the style sheet. MathJax comes with every output format,
language and menu. A page of this book shows some ten icons and typesets TeX as HTML.
"""

import logging
import re
from pathlib import Path

from fontTools import subset
from PIL import Image
from sphinx.application import Sphinx
from sphinx.config import Config
from steps import PARALLEL, on_site

# Of MathJax: no menu and no speech engine, which weigh more than the typesetting.
MATHJAX_START = "startup.js"
MATHJAX_PARTS = ["core", "input/tex", "output/chtml", "a11y/assistive-mml"]
# What those load in turn, when a formula needs it.
MATHJAX_FOLDERS = ("input/tex/extensions/", "output/chtml/fonts/")
NEEDLESS = (
    "**/*.map",
    "scripts/fontawesome.js*",
    "vendor/fontawesome/webfonts/*.woff2",
    "vendor/fontawesome/webfonts/fa-brands-400.ttf",
    "vendor/fontawesome/webfonts/fa-regular-400.ttf",
    "mathjax/input/tex/extensions/all-packages.js",
    "sphinx-thebe.*",
    "locales/**/*",
)
FONT = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
STYLE = "styles/pydata-sphinx-theme.css"
ICON = re.compile(r"\.(fa-[\w-]+):before")
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')


def setup(app: Sphinx) -> dict:
    """Slim the site once it is written, after all extensions have copied files."""
    # The theme's colours (a11y-pygments) make every logger tell what it does.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    app.connect("config-inited", load_parts_of_mathjax)
    on_site(app, lambda app: slim(Path(app.outdir)), priority=900)
    return PARALLEL


def load_parts_of_mathjax(app: Sphinx, config: Config) -> None:
    """Let pages load the parts of MathJax that they need, not one file with all."""
    config.mathjax_path = f"mathjax/{MATHJAX_START}"
    config.mathjax3_config = {"loader": {"load": MATHJAX_PARTS}}


def slim(site: Path) -> None:
    """Take from a built site what no page needs. Slimming again changes nothing."""
    pages = sorted(site.rglob("*.html"))
    draw_icons_by_font(pages)
    keep_used_icons(site / "_static", pages)
    drop_needless_files(site / "_static")
    pack_figures(site / "_images", pages)


def rewrite(path: Path, text: str) -> None:
    """Write ``text`` where it differs from what is there."""
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def draw_icons_by_font(pages: list[Path]) -> None:
    """Take the script that draws icons from ``pages``; the style sheet draws them."""
    script = re.compile(r"\s*<script[^>]*fontawesome\.js[^>]*></script>")
    for page in pages:
        rewrite(page, script.sub("", page.read_text(encoding="utf-8")))


def keep_used_icons(static: Path, pages: list[Path]) -> None:
    """Keep of the icons' font and rules those that pages, scripts or styles name."""
    style = static / STYLE
    css = style.read_text(encoding="utf-8")
    rules = {
        name: code
        for selectors, code in ICON_RULE.findall(css)
        for name in ICON.findall(selectors)
    }
    users = [*pages, *static.glob("*.js"), static / "scripts/sphinx-book-theme.js"]
    texts = [path.read_text(encoding="utf-8") for path in users if path.exists()]
    named = {word for text in texts for word in re.findall(r"fa-[\w-]+", text)}
    css = ICON_RULE.sub(
        lambda rule: rule[0] if named & set(ICON.findall(rule[1])) else "", css
    )
    # Only the font of filled icons is used, and read by every browser as TrueType.
    css = re.sub(r'url\([^)]*\.woff2\) format\("woff2"\),', "", css)
    rewrite(style, css)
    sheets = [css, *(p.read_text(encoding="utf-8") for p in static.rglob("*.css"))]
    codes = {code for text in sheets for code in find_codes(text)}
    codes |= {int(rules[name], 16) for name in named & set(rules)}
    font = static / FONT
    options = subset.Options(notdef_outline=True)
    with subset.load_font(font, options) as glyphs:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=codes)
        subsetter.subset(glyphs)
        subset.save_font(glyphs, font, options)


def find_codes(css: str) -> set[int]:
    """Code points of the icons that a style sheet itself shows, as in admonitions.

    There an icon is a character of Unicode's private area, plain or escaped.
    """
    escaped = {int(code, 16) for code in re.findall(r"\\([ef][0-9a-f]{3})\b", css)}
    return escaped | {ord(icon) for icon in re.findall("[\ue000-\uf8ff]", css)}


def drop_needless_files(static: Path) -> None:
    """Remove files that no page loads."""
    needless = {path for pattern in NEEDLESS for path in static.glob(pattern)}
    mathjax = static / "mathjax"
    needed = (MATHJAX_START, *(f"{p}.js" for p in MATHJAX_PARTS), *MATHJAX_FOLDERS)
    needless |= {
        path
        for path in mathjax.rglob("*")
        if not path.relative_to(mathjax).as_posix().startswith(needed)
    }
    for path in needless:
        if path.is_file():
            path.unlink()
    for folder in sorted(static.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def pack_figures(images: Path, pages: list[Path]) -> None:
    """Turn PNG figures into lossless WebP, which takes less than half the room."""
    for path in sorted(images.glob("*.png")):
        with Image.open(path) as image:
            image.save(path.with_suffix(".webp"), lossless=True, exact=True)
        path.unlink()
    packed = {path.stem for path in images.glob("*.webp")}

    def rename(match: re.Match) -> str:
        return f"_images/{match[1]}.webp" if match[1] in packed else match[0]

    for page in pages:
        text = page.read_text(encoding="utf-8")
        rewrite(page, re.sub(r"_images/([\w.-]+)\.png", rename, text))
