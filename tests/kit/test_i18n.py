"""Sentences in the caller's language."""

import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from moorage.kit import i18n
from moorage.kit.faults import refused
from moorage.kit.i18n import LOCALE, TRANSLATED, Text, joined, preferred, translated


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("ZH-Hans-CN", "zh"),
        ("ru-RU, ru;q=0.9, en;q=0.8", "ru"),
        ("de, fr", "en"),
        ("de, zh;q=0.1", "zh"),
        ("en, zh", "en"),
        ("zh, en", "zh"),
        ("en;q=0.5, ru;q=0.7, zh;q=0.6", "ru"),
        ("zh;q=0", "en"),
        ("zh;q=0.000, ru ; q=0.001", "ru"),
        ("*", "en"),
        ("*, zh;q=0.5", "zh"),
        ("zh;q=9", "en"),
        ("zhongwen, ;;;, q=1, " + "x" * 100, "en"),
    ],
)
def test_the_language_that_is_liked_best_is_chosen(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


@pytest.fixture
def chinese() -> object:
    """Have the request be one that likes Chinese."""
    return i18n.language.set("zh")


def test_a_text_is_the_english_sentence() -> None:
    text = Text("There is no user {name!r}.", name="anna")

    assert text == "There is no user 'anna'."
    assert translated(text) == text


@pytest.mark.usefixtures("chinese")
def test_texts_within_a_text_are_translated_and_values_are_not() -> None:
    reasons = {"name": Text("is required"), "{id}": "{id}"}

    assert translated(Text("There is no user {name!r}.", name="anna")) == "没有用户 'anna'。"
    assert translated(refused(reasons).message) == "name:是必需的; {id}:{id}。"
    assert translated(joined(" ", [Text("It runs."), "as it is"])) == "正在运行。 as it is"
    assert translated(joined(" ", [])) == ""
    assert translated("It runs.") == "It runs."


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_of_the_code_is_translated_with_the_same_values(language: str) -> None:
    catalogue = read(language)

    said = [found[2] for found in extract_from_dir(LOCALE.parent, keywords={"Text": None})]
    missing = [sentence for sentence in said if sentence not in catalogue]
    empty = [message.id for message in catalogue if not message.string]
    different = [
        message.id
        for message in catalogue
        if message.id and values(message.string) != values(message.id)
    ]
    assert (missing, empty, different) == ([], [], []), "run: make messages; then translate"


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_was_written(language: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, read(language))

    assert (folder(language) / "moorage.mo").read_bytes() == compiled.getvalue()


def folder(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def read(language: str) -> Catalog:
    """Return a catalogue as it is written."""
    with (folder(language) / "moorage.po").open("rb") as stream:
        return read_po(stream, locale=language)


def values(sentence: object) -> list[tuple[str | None, str | None, str | None]]:
    """Return what stands in braces: name, format and conversion."""
    parts = string.Formatter().parse(str(sentence))
    return sorted((name, form, how) for _, name, form, how in parts if name is not None)
