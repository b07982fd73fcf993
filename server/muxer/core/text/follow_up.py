"""Tells whether a turn of a conversation only makes sense with the turn before it, as «and in Spanish?» does, and
whether it says no more than that the conversation may go on as it was going, as «continue» and «yes please» do.
"""

from __future__ import annotations

from collections.abc import Sequence

MOST_WORDS = 12
"""Words and signs of the longest follow-up."""

_OPENINGS = frozenset(
    """and now same again also but then or so ok okay instead more less shorter longer simpler next another add
    change make fix give in to what how why try use do can as with without the it that this und jetzt nochmal auch aber
    dann noch kürzer länger auf mach et maintenant encore aussi mais alors plus en y ahora otra también pero entonces
    más e adesso ancora anche ma allora più agora também mas então mais и а теперь ещё также но тогда покороче
    ve şimdi peki daha và bây còn nu ook maar dan teraz też jeszcze och sekarang lagi kalau و الآن और अब""".split()
)
"""Words that a follow-up may open with, if it also points to what was said."""

_STANDING_IN = frozenset(
    """it its this these them those das dies es diese ça cela ceci eso esto questo isso isto это этот""".split()
)
"""Words that stand for a thing that was shown or named before."""

_POINTING = _STANDING_IN | frozenset(
    """that same one again instead shorter longer too more less formal example so why step steps above nochmal auch
    kürzer warum aussi pourquoi también anche também тоже почему""".split()
)
"""Words that point to something said before."""

_OPENING_UNSPACED = tuple("那 再 还有 換 换 では じゃ それ もっと 次 그럼 그리고 다시 더 แล้ว ו".split())

_SURE = frozenset(
    """and und et y e и а ve và och en dan و और same again now jetzt maintenant ahora agora теперь şimdi continue
    proceed resume""".split()
)
"""Openings that are enough alone."""

_GO_ON = frozenset(
    """go going carry proceed proceeding resume continue more next finish weiter weitermachen fortfahren fahr
    fort mach nächste nächster mehr continuez continuer poursuis poursuivez suite suivant encore sigue siga
    adelante continúa continúe continuar siguiente más continua prosegui prosegua avanti vai ancora prossimo
    prossiga segue próximo próxima mais продолжай продолжайте продолжить давай давайте дальше далее ещё dalej
    kontynuuj devam ga door doorgaan verder lanjut lanjutkan teruskan tiếp tục تابع استمر أكمل واصل जारी आगे 계속
    계속해 계속해줘 계속하세요 다음
    続けて 続けてください 続き 続きを 続きをお願いします 次 次へ
    继续 继续吧 请继续 接着 接着说 接着写 下一个 下一步 還有 繼續 請繼續""".split()
)
"""Words that tell someone to go on."""

_YES = frozenset(
    """yes yeah yep yup y sure ok okay k absolutely definitely do ja jawohl klar gerne oui ouais d'accord sí si claro
    vale dale sì certo bene sim pode да ага хорошо ладно tak dobrze jasne evet tamam olur graag prima ya iya baik
    boleh vâng نعم أجل حسنا हाँ हां ठीक 네 예 응 좋아 좋아요 はい うん お願いします どうぞ 好 好的 好啊 是 是的 对 嗯 行
    可以""".split()
)
"""Words that agree to what was offered."""

_BESIDE = frozenset(
    """please pls plz keep on ahead it i i'd you we can could that that's is be fine good great perfect sounds where
    left off from here there with the rest by all means of course would love like to bitte es gern dort wo du
    aufgehört hast s'il te vous plaît vas por favor per va proszę пожалуйста lütfen et maar đi 请 주세요 من فضلك है करो
    करें कृपया रखें रखो बढ़ो बढ़ें""".split()
)
"""Words that may stand beside those and set no task."""

_THANKS = frozenset("thanks thank thx danke merci gracias grazie obrigado obrigada спасибо 谢谢 ありがとう".split())
_TASKLESS = _GO_ON | _YES | _BESIDE | _THANKS


def sets_no_task(words: Sequence[str]) -> bool:
    """Whether a turn with these words only says that the conversation may go on. Thanks alone, and with a mere yes, are
    small talk."""
    if len(words) > MOST_WORDS:
        return False
    said = {word for word in words if len(word) > 1 or word.isalnum()}
    if not said <= _TASKLESS:
        return False
    return not said.isdisjoint(_GO_ON) or (not said.isdisjoint(_YES) and said.isdisjoint(_THANKS))


def points_back(words: Sequence[str]) -> bool:
    """Whether one of these words stands for a thing that was shown or named before."""
    return not _STANDING_IN.isdisjoint(words)


def is_follow_up(words: Sequence[str]) -> bool:
    """Whether a turn with these words continues the one before: it is short, and opens with or points to what was."""
    if not words or len(words) > MOST_WORDS:
        return False
    first = words[0]
    if first in _SURE or first.startswith(_OPENING_UNSPACED):
        return True
    if len(words) <= 3 and first in ("in", "auf", "en", "to", "as", "why", "more", "shorter", "next", "another"):
        return True
    return first in _OPENINGS and not _POINTING.isdisjoint(words)
