"""What a request itself says of how long the answer shall be: "in 200 words", "three sentences", "list 10", "briefly".

Words alone decide, so a number counts as a wish only where it reads as one: after a word such as `in` or `under`, or
soon after a verb such as `write`; the twenty pages that somebody in a word problem has read are none. What a unit comes
to in tokens is an order of magnitude. English is covered best, eight other languages by their commonest words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from muxer.core.features import Features
from muxer.core.repetition import repeated

FIRST_WORDS, LAST_WORDS = 48, 24
"""Instructions stand at the beginning or the end: words of the last user turn that are looked at on each side."""

LONG_FORM, LONG_WORK = 900, 3_000
"""Tokens of an essay, a story or an article of which no length is said, and of a novel: models write no whole one, but
as many pages as they give to one answer."""

LIST_ITEM = 30
"""Tokens of an item, where a number of them is wanted."""

_GAP = ("", "", "")
"""Stands for the words between, so that those on either side are no neighbours."""

FOREIGN = 1.3
"""Tokens of a word that is not English, in those of one that is."""

MOST_ITEMS = 100
"""A larger number after a verb is hardly one of things to list."""

LEAST = 8
"""Tokens of the shortest answer that is believed in."""


class LengthHint(Struct, frozen=True):
    """What was said. `tokens` of o200k_base are what each answer shall have, 0 when nothing says so, and `stated`
    whether they come from a length and not from a number of things. Else at least `least` tokens are expected, and
    `scale` times as many as of others."""

    tokens: float = 0.0
    stated: bool = False
    least: float = 0.0
    scale: float = 1.0


NO_HINT = LengthHint()


def length_hint(features: Features) -> LengthHint:
    """What the last user turn says of its answer's length."""
    words = features.words
    if len(words) > FIRST_WORDS + LAST_WORDS:
        words = (*words[:FIRST_WORDS], *_GAP, *words[-LAST_WORDS:])
    if features.language in ("zh", "ja"):
        tokens = _characters(words)
        return LengthHint(max(LEAST, tokens), stated=True) if tokens else NO_HINT
    tokens = items = least = 0.0
    shortest, longest = 1.0, 1.0
    for at in [at for at, word in enumerate(words) if word in _CLUES]:
        word = words[at]
        if word in _UNITS:
            tokens = tokens or _length(words, at)
        elif word in _VERBS:
            items = items or _items(words, at)
        elif word in _SCALES:
            shortest, longest = min(shortest, _SCALES[word]), max(longest, _SCALES[word])
        if word in _LONG_FORMS and _is_to_be_written(words, at):
            least = max(least, _LONG_FORMS[word])
    if tokens:
        foreign = FOREIGN if features.language not in ("", "en") else 1.0
        return LengthHint(max(LEAST, foreign * tokens), stated=True)
    if items:
        return LengthHint(LIST_ITEM * items)
    return LengthHint(least=max(least, repeated(words, _number)), scale=shortest if shortest < 1 else longest)


def _length(words: Sequence[str], unit: int) -> float:
    """Tokens of the length that is wished for in the unit at this position; 0 when none is."""
    start, number = _number_before(words, unit)
    if not number or (unit + 1 < len(words) and words[unit + 1] in _RATE) or not _is_wish(words, start):
        return 0.0
    return number * _UNITS[words[unit]]


def _number_before(words: Sequence[str], position: int) -> tuple[int, float]:
    """Where the nearest number of the three words before a position begins, and what it is; 0 when there is none."""
    for at in range(position - 1, max(-1, position - 4), -1):
        word = words[at]
        if word in _NUMBERS:
            return at, _NUMBERS[word]
        if word.isdecimal():
            if at >= 2 and words[at - 1] in ",." and len(word) == 3 and words[at - 2].isdecimal():  # 1,000
                return at - 2, _digits(words[at - 2] + word)
            return at, _digits(word)
    return 0, 0


def _is_wish(words: Sequence[str], start: int) -> bool:
    """Whether the number that begins there tells what the answer shall be."""
    before = words[start - 1] if start else ""
    if before in _GIVEN:
        return False
    return before in _MARKS or not _VERBS.isdisjoint(words[max(0, start - 8) : start])


def _is_to_be_written(words: Sequence[str], form: int) -> bool:
    """Whether the kind of text at this position is what shall be written, and not what something else is about."""
    before = words[max(0, form - 6) : form]
    verb = next((at for at in range(len(before) - 1, -1, -1) if before[at] in _WRITING), None)
    if verb is None or (form + 1 < len(words) and words[form + 1] in _SHORT_FORMS):
        return False
    return _ABOUT.isdisjoint(before[verb + 1 :])


def _items(words: Sequence[str], verb: int) -> float:
    """How many things the verb at this position asks for, as in `give me five reasons`; 0 when it does not say."""
    for at in range(verb + 1, min(verb + 4, len(words))):
        word = words[at]
        number = _number(word)
        if 2 <= number <= MOST_ITEMS and (at + 1 == len(words) or words[at + 1] not in _UNITS):
            return number
    return 0


def _characters(words: Sequence[str]) -> float:
    """Tokens of a length in characters, as in `500字`, or in sentences; words are not set apart in such texts."""
    for before, word in pairwise(words):
        size = _CHARACTER_UNITS.get(word[:1])
        if size is not None and before.isdecimal() and not word.startswith("文章"):
            return _digits(before) * size
    return 0.0


def _number(word: str) -> float:
    """A number in digits or in a word; 0 for one that is none."""
    return _NUMBERS.get(word, 0.0) or (_digits(word) if word.isdecimal() else 0.0)


def _digits(word: str) -> float:
    """A number in digits; 0 for one that is no length of an answer."""
    return int(word) if len(word) <= 5 else 0


def _by_word(table: Mapping[float, str]) -> dict[str, float]:
    return {word: value for value, listed in table.items() for word in listed.split()}


_UNITS = _by_word(
    {
        1.4: """word words wort worte wörter wörtern mot mots palabra palabras parola parole palavra palavras слово слов
            слова woord woorden słów słowa kelime ord""",
        25: """sentence sentences satz sätze sätzen phrase phrases frase frases frasi oración oraciones предложение
            предложения предложений предложениях zin zinnen zdanie zdania zdaniach cümle bullet bullets stichpunkte
            stichpunkten puces viñetas""",
        90: """paragraph paragraphs absatz absätze absätzen paragraphe paragraphes párrafo párrafos paragrafo paragrafi
            parágrafo parágrafos абзац абзаца абзацев alinea akapit akapity paragraf""",
        14: "line lines zeile zeilen ligne lignes línea líneas riga righe linha linhas строк строки строках",
        600: "page pages seite seiten página páginas pagina pagine страница страницы страниц",
        900: "chapter chapters kapitel kapiteln chapitres capítulos capitoli глав hoofdstukken",
        0.25: "characters zeichen caractères caracteres caratteri символов",
    }
)
"""Tokens of each unit of length."""

_CHARACTER_UNITS = {"字": 0.8, "文": 0.8, "句": 25.0, "行": 14.0, "段": 90.0}
"""The same where words are not set apart, by the first character of what follows a number."""

_NUMBERS = _by_word(
    {
        1: "one a an single ein einem einen einer un une una uno um uma одно одном один een jednym",
        2: "two couple zwei deux dos due dois duas два двух twee dwóch",
        3: "three few drei trois tres tre três три трёх drie trzech",
        4: "four vier quatre cuatro quattro четыре",
        5: "five fünf cinq cinco cinque пять",
        6: "six sechs",
        7: "seven sieben",
        8: "eight",
        9: "nine",
        10: "ten zehn dix diez dieci dez десять",
        12: "twelve",
        15: "fifteen",
        20: "twenty",
        30: "thirty",
        50: "fifty",
        100: "hundred",
        1000: "thousand",
    }
)
"""Numbers in words, roughly: a few are three."""

_MARKS = frozenset(
    """in within under below about exactly than most least around approximately roughly maximum max limit to only
    höchstens etwa maximal genau mit unter en environ exactement moins plus sous menos más unos unas aproximadamente
    exactamente máximo circa massimo esattamente em até cerca exatamente в до около максимум не из w do op""".split()
)
"""What stands before a length that is wished for."""

_GIVEN = frozenset("this these the following attached given above my our your".split())
"""What stands before the length of a text that is there already."""

_RATE = frozenset("per a an each every pro par por al".split())
"""What follows a number that is a rate, as in `40 words per minute`."""

_WRITING = frozenset(
    """write compose draft generate produce create schreibe schreib verfasse écris rédige escribe redacta scrivi escreva
    redija напиши составь schrijf napisz yaz skriv""".split()
)
_VERBS = _WRITING | frozenset(
    """summarize summarise describe explain give answer list name provide reply respond tell suggest brainstorm
    enumerate propose fasse beschreibe erkläre nenne gib liste résume décris explique donne cite resume
    describe explica dame enumera riassumi descrivi spiega dammi elenca resuma descreva dê опиши объясни
    перечисли назови дай geef noem podaj wymień""".split()
)
_LONG_FORMS = _by_word(
    {
        LONG_FORM: """essay article story report blog chapter speech aufsatz artikel geschichte bericht rede
            dissertation récit rapport ensayo artículo historia informe discurso saggio articolo storia racconto
            relazione ensaio artigo história relatório эссе статью рассказ доклад opstel verhaal esej opowiadanie""",
        LONG_WORK: """novel novella book screenplay roman buch drehbuch livre scénario novela libro guion romanzo livro
            роман книгу boek powieść książkę""",
    }
)
"""Tokens of a text of such a kind, where no length is said."""

_ABOUT = frozenset(
    """of about for on from to into with von über für zu zum zur aus sur pour à sobre para su per o do о про для по
    over van voor na z""".split()
)
"""After one of them, the text is no longer what shall be written: as in `write a summary of the article`."""

_SHORT_FORMS = frozenset("title titles review summary outline idea ideas cover report recommendations".split())
"""Before one of them, it is part of a name: as in `write a book review`."""

_SCALES = _by_word(
    {
        0.5: """briefly brief concise concisely succinct succinctly terse tldr kurz knapp brièvement bref brevemente
            breve resumidamente кратко коротко kort krótko kısaca""",
        1.4: "step schritt étape paso passo шаг stap krok",
        1.6: """detailed detail comprehensive thorough thoroughly exhaustive ausführlich detailliert détaillé détaillée
            detallado detallada dettagliato dettagliata detalhado detalhada подробно подробный uitgebreid szczegółowo
            ayrıntılı""",
    }
)
"""How many times as long the answer is to such a word."""

_CLUES = frozenset(_UNITS) | _VERBS | frozenset(_LONG_FORMS) | frozenset(_SCALES)
