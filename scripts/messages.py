"""Brings `moorage/locale` up to date: what the code says, and what has been translated of it."""

from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from moorage.kit.i18n import DOMAIN, LOCALE, TRANSLATED

_MARK = {"Text": None}  # moorage.kit.i18n.Text


def main() -> None:
    """Write the catalogues, and list what is not translated yet."""
    for language in TRANSLATED:
        catalogue = updated(language)
        file = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        with file.open("wb") as stream:
            write_po(stream, catalogue, width=100, no_location=True, sort_output=True)
        file.with_suffix(".mo").write_bytes(compiled(catalogue))
        for message in catalogue:
            if message.id and not message.string:
                print(f"{language}: {message.id}")


def updated(language: str) -> Catalog:
    """Return the catalogue of a language with all that the code says, and nothing else."""
    file = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue = read_po(BytesIO(file.read_bytes()), locale=language)
    catalogue.update(said(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def said() -> Catalog:
    """Return the sentences of the code."""
    catalogue = Catalog(project="Moorage")
    for _file, _line, sentence, _comments, _context in extract_from_dir(
        LOCALE.parent, keywords=_MARK
    ):
        catalogue.add(sentence)
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    stream = BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


if __name__ == "__main__":
    main()
