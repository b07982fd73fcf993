"""Guesses a text's language from its script and, for the Latin one, from its commonest words. A hint, no more."""

from __future__ import annotations

import re
from collections.abc import Set

LOOKED_AT = 400
"""Characters that decide the script."""

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("vi", re.compile("[\u1ea0-\u1ef9\u01a1\u01b0\u0111]")),
)
"""Scripts that stand for one language nearly always; Japanese before Chinese, whose characters it shares."""

_COMMON = {
    "en": "the a an is are of to and in what how my me i you it for with this can do who why when write please that",
    "de": "der die das und ist ich nicht ein eine einen wie was mit für auf zu den dem bitte kannst du wir warum mir",
    "fr": "le la les et est un une des je tu que qui dans pour pas avec comment quel quelle sur moi vous ce cette du",
    "es": "el la los las es un una de que y en por para con como cómo qué cuál mi me se puedes del este esta cuánto",
    "it": "il lo la gli è un una di che e per con come cosa non mi sono del della questo puoi quale perché qual quanto",
    "pt": "o os as é um uma de que e em por para com como não eu você meu do da qual isso este esta quanto mim dos",
    "nl": "de het een en is van ik niet wat hoe met voor op te zijn dat die kun je mijn waarom dit naar wie",
    "pl": "i w na nie się jest to jak co z do że czy mi o dla po jaki jaka ile mam proszę kto dlaczego",
    "tr": "ve bir bu ne için nasıl mi mı ile da de kim var ben bana çok neden nedir olan lütfen kaç hangi",
    "vi": "là của và có không tôi cho một bạn cách như thế nào này gì",
    "id": "yang dan di ini itu apa saya untuk dengan dari bagaimana tidak adalah ke kamu siapa berapa tolong",
    "sv": "och att det är en ett jag på som för med inte hur vad den till kan du av mig varför",
}
_COMMON_WORDS = {language: frozenset(text.split()) for language, text in _COMMON.items()}


def language_of(text: str, words: Set[str]) -> str:
    """ISO 639-1 code of the language a text seems to be in, empty when nothing tells. `words` are its words."""
    if not text.isascii():
        start = text[:LOOKED_AT]
        found = [(len(pattern.findall(start)), language) for language, pattern in _SCRIPTS]
        most, language = max(found, key=lambda pair: pair[0])
        if found[0][0] and language == "zh":
            return "ja"
        if most >= 3 or most * 4 > len(start):
            return language
    best, hits = "", 0
    for language, common in _COMMON_WORDS.items():
        shared = len(common & words)
        if shared > hits:
            best, hits = language, shared
    return best
