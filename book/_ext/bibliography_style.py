"""A bibliography whose labels are as citations in the text: "Tek et al., 2021"."""

from collections import Counter

from pybtex.database import Entry, Person
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx

NAME = "author_year_labels"


def setup(app: Sphinx) -> dict:
    """Make the style known to pybtex under ``NAME``."""
    register_plugin("pybtex.style.formatting", NAME, Style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Labels(BaseLabelStyle):
    """Labels of author and year."""

    def format_labels(self, sorted_entries: list[Entry]) -> list[str]:
        """Return a label per entry, with a letter where two would be the same."""
        labels = [label(entry) for entry in sorted_entries]
        total, seen = Counter(labels), Counter()
        made = []
        for text in labels:
            letter = chr(ord("a") + seen[text]) if total[text] > 1 else ""
            seen[text] += 1
            made.append(text + letter)
        return made


class Style(UnsrtStyle):
    """Pybtex's plain style, sorted by author, with labels of author and year."""

    default_label_style = Labels
    default_sorting_style = "author_year_title"


def label(entry: Entry) -> str:
    """Names an entry as the text cites it.

    Args:
        entry: An entry with authors and a year.

    Returns:
        One name, two names, or the first and "et al.", and the year.
    """
    authors = entry.persons["author"]
    names = [" ".join(map(plain, last_names(person))) for person in authors]
    if len(names) > 2 or names[-1] == "others":
        text = f"{names[0]} et al."
    else:
        text = " and ".join(names)
    return f"{text}, {entry.fields['year']}"


def last_names(person: Person) -> list:
    """The words of a person's last name, with its particle."""
    return [*person.rich_prelast_names, *person.rich_last_names]


def plain(text: object) -> str:
    """A word of a name without markup."""
    return str(text)
