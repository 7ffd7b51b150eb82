"""The one look of all figures: sizes, colours, markers, fonts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

FONT = "DejaVu Sans"  # comes with matplotlib, so that every machine draws the same bytes
FALLBACK_FONTS = "Verdana, sans-serif"  # for readers of the SVG who do not have it; Verdana is as wide
WIDTH = 6.7  # inches: the text width of an A4 page
ROW_HEIGHT = 0.30  # inches
EDGE = 0.06  # inches left free at the edges of the figure
GAP = 0.14  # inches between labels, axis and columns
HEAD_MARKER = 0.15  # inches for the marker before the head of a column
DOTS_PER_INCH = 220
TEXT_SIZE = 8.5
SMALL_TEXT_SIZE = 7.0
INK = "#262626"
FAINT_INK = "#595959"  # 7:1 on white
GRID = "#E3E3E3"
LINK = "#B3B3B3"
NOTICE = "#8C2D04"
PLATE = "#F5F7F9"
MARKER_SIZE = 5.0
MARKERS = ("o", "D", "s", "^")
HASH_SALT = "surveytrail"
# places in seaborn's palette for colour-blind readers whose contrast with white is at least 3:1
_PALETTE_PLACES = (0, 3, 2, 4)


def series_colors() -> list[str]:
    """Return the colours of series in order; with ``MARKERS`` they differ in print without colour too."""
    import seaborn as sns

    palette = sns.color_palette("colorblind").as_hex()
    return [str(palette[place]) for place in _PALETTE_PLACES]


def answer_colors(count: int) -> list[str]:
    """Return the colours of a distribution's answers, from light to dark: their order is seen without colour too."""
    import seaborn as sns

    return [str(color) for color in sns.color_palette("blend:#DCEBF3,#5E9CC4,#0B3A57", count).as_hex()]


def is_dark(color: str) -> bool:
    """Say whether white text reads better on a colour than dark text (relative luminance, WCAG 2.2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.2


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw in the house style, whatever matplotlib is set to outside; the same figure gives the same bytes."""
    import matplotlib as mpl
    import seaborn as sns

    settings = {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("paper"),
        "axes.edgecolor": FAINT_INK,
        "axes.grid.axis": "x",
        "axes.labelcolor": INK,
        "axes.labelsize": TEXT_SIZE,
        "figure.dpi": DOTS_PER_INCH,
        "font.family": [FONT],
        "font.size": TEXT_SIZE,
        "grid.color": GRID,
        "savefig.dpi": DOTS_PER_INCH,
        "savefig.facecolor": "white",
        "svg.fonttype": "none",  # text stays text: readable by people, screen readers and the audit
        "svg.hashsalt": HASH_SALT,
        "text.color": INK,
        "text.parse_math": False,
        "xtick.color": INK,
        "xtick.labelsize": TEXT_SIZE,
        "ytick.color": INK,
        "ytick.labelsize": TEXT_SIZE,
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield
