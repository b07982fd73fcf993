"""Leaves out greetings, pleas and thanks around a request: they tell of the person who asks, not of what is asked for.

Only what is set apart by punctuation or a line of its own counts, and a plea at the very beginning, so that `Hello
World in Rust` and `How do you say thank you` stay whole. A text that is nothing but courtesy stays as it is: then
courtesy is what it is about.
"""

from __future__ import annotations

import re

REACH = 40
"""Characters at either end in which courtesy is looked for."""

_GREETINGS = (
    "hi there|hi|hello there|hello|hey there|hey|greetings|good (?:morning|afternoon|evening|day)|hallo|moin|guten tag|"
    "guten morgen|guten abend|bonjour|bonsoir|salut|hola|buenos días|buenas tardes|buenas noches|ciao|salve|buongiorno|"
    "buonasera|olá|oi|bom dia|boa tarde|boa noite|goedemorgen|goedemiddag|goedenavond|hej|cześć|dzień dobry|привет|"
    "здравствуйте|merhaba|halo|xin chào|你好|您好|こんにちは|안녕하세요|नमस्ते|مرحبا"
)
_PLEAS = (
    "(?:could|can|would) you please|(?:could|can) you help me(?: with this)?|please help me|please|pls|plz|bitte|"
    "por favor|s'il vous plaît|s'il te plaît|per favore|alsjeblieft|alstublieft|proszę|пожалуйста|lütfen|tolong"
)
_THANKS = (
    "(?:many )?thanks(?: a lot| so much| in advance)?|thank you(?: very much| so much)?(?: in advance)?|thx|cheers|"
    "(?:vielen )?dank(?: im voraus)?|danke(?: schön| im voraus)?|merci(?: beaucoup| d'avance)?|(?:muchas )?gracias|"
    "grazie(?: mille)?|obrigad[oa]|bedankt|dank je wel|dank je|dziękuję|dzięki|спасибо|teşekkürler|terima kasih|cảm ơn|"
    "谢谢|ありがとう(?:ございます)?|감사합니다|धन्यवाद|شكرا"
)
_MARKS = ",.!?;\u2026\n\u3001\u3002\uff0c\uff01\uff1f\u060c\u061f\u0964"

_BEFORE = re.compile(rf"(?:(?:(?:{_GREETINGS})\s*[:{_MARKS}]|(?:{_PLEAS})[\s:{_MARKS}])[\s{_MARKS}]*)+")
_KIND = rf"(?:[\s{_MARKS}]*(?:{_PLEAS}|{_THANKS}))+"
_AFTER = re.compile(rf"(?:(?<=[{_MARKS}]){_KIND}[\s{_MARKS}]*|(?<=\s){_KIND}[.!\u3002\uff01]+)$")


def without_courtesy(text: str) -> str:
    """The text without the courtesy, and the blanks, around it."""
    text = text.strip()
    begin, end = text[:REACH].lower(), text[-REACH:].lower()
    if not len(begin) == len(end) == min(REACH, len(text)):
        return text  # some letter's small form is longer: places in `begin` or `end` are not those in the text
    before, after = _BEFORE.match(begin), _AFTER.search(end)
    if before is None and after is None:
        return text
    first = before.end() if before else 0
    last = len(text) - len(end) + (after.start() if after else len(end))
    return text[first:last].rstrip(" \n,;") or text
