"""References are labelled as the text cites them, and lead somewhere."""

from books import BOOK, extension
from pybtex.database import parse_file, parse_string

style = extension("bibliography_style")


def labels(*entries):
    text = "".join(
        f"@misc{{k{i}, author={{{author}}}, title={{T}}, year={{{year}}}}}\n"
        for i, (author, year) in enumerate(entries)
    )
    entries = parse_string(text, "bibtex").entries.values()
    return style.Labels().format_labels(list(entries))


def test_labels_name_one_two_or_the_first_of_many():
    assert labels(
        ("Owen, Art B.", 2007),
        ("Hurley, Niall and Rickard, Scott", 2009),
        ("Tek, F. B. and {\\c{C}}am, I. and Karl{\\i}, D.", 2021),
        ("Chollet, F. and others", 2015),
        ("{van der Walt}, S. and A, B. and C, D.", 2014),
    ) == [
        "Owen, 2007",
        "Hurley and Rickard, 2009",
        "Tek et al., 2021",
        "Chollet et al., 2015",
        "van der Walt et al., 2014",
    ]


def test_equal_labels_get_letters():
    found = labels(("A, B.", 2001), ("C, D.", 2001), ("A, E.", 2001))
    assert found == ["A, 2001a", "C, 2001", "A, 2001b"]


def test_every_reference_has_a_link():
    for key, entry in parse_file(BOOK / "references.bib").entries.items():
        link = entry.fields.get("url", entry.fields.get("doi", ""))
        assert link.startswith(("https://", "10.")), key
