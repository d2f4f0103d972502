"""A bibliography whose labels are as citations in the text: "Tek et al., 2021"."""

from collections import Counter
from string import ascii_lowercase

from pybtex.database import Entry, Person
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from steps import PARALLEL

NAME = "author_year_labels"


def setup(app: Sphinx) -> dict:
    """Make the style known to pybtex under ``NAME``."""
    register_plugin("pybtex.style.formatting", NAME, Style)
    return PARALLEL


class Labels(BaseLabelStyle):
    """Labels of author and year."""

    def format_labels(self, sorted_entries: list[Entry]) -> list[str]:
        """Return a label per entry, with a letter where two would be the same."""
        labels = [label(entry) for entry in sorted_entries]
        total = Counter(labels)
        letters = {text: iter(ascii_lowercase) for text in labels}
        return [
            text + (next(letters[text]) if total[text] > 1 else "") for text in labels
        ]


class Style(UnsrtStyle):
    """Pybtex's plain style, sorted by author, with labels of author and year."""

    default_label_style = Labels
    default_sorting_style = "author_year_title"


def label(entry: Entry) -> str:
    """Name an entry as the text cites it: one name, two, or the first and "et al."."""
    names = [last_name(person) for person in entry.persons["author"]]
    if len(names) > 2 or names[-1] == "others":
        text = f"{names[0]} et al."
    else:
        text = " and ".join(names)
    return f"{text}, {entry.fields['year']}"


def last_name(person: Person) -> str:
    """A person's last name with its particle, without markup."""
    return " ".join(map(str, [*person.rich_prelast_names, *person.rich_last_names]))
