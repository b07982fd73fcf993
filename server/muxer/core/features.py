"""Reads a request once and says what is in it: the documented signals, and what intent, quality and cost are judged by.

A request is judged by its last user turn, in the light of what went before; where that turn sets no task («continue»,
«yes please»), by the last one that does. Whatever its length, only a sample of bounded size is read
(`text/sample.py`), so that the cost of a decision has a bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set

from msgspec import Struct

from muxer.core.text import lexicon
from muxer.core.text.courtesy import without_courtesy
from muxer.core.text.flourish import without_flourish
from muxer.core.text.follow_up import is_follow_up, sets_no_task
from muxer.core.text.language import language_of
from muxer.core.text.sample import CONTEXT_CHARS, TURN_CHARS, cut, text_of
from muxer.core.text.words import words_of
from muxer.core.tokens import PromptTokens, measure
from muxer.types.chat import AudioPart, ChatRequest, FilePart, ImagePart, Message, TextPart
from muxer.types.decision import IntentSignals, TaskSignals

FOLLOWED_TURNS = 6
"""How many turns back a conversation's task is looked for."""

SHORT_TURN_CHARS = 80
"""Characters of the longest turn that is looked at for setting no task."""


class Features(Struct, frozen=True):
    """What a request holds. «The last user turn» is the last that sets a task. `text` and all that is counted in it are
    that turn's, less the courtesy around it and the flourish at its end, sampled when it is long; the `has_...` of
    attachments and tools are the whole request's."""

    signals: IntentSignals
    prompt: PromptTokens
    text: str
    words: tuple[str, ...]  # of `text`: lower-case words, numbers and signs, in order
    counts: Mapping[str, int]  # how often each of `words` is among them, in the order of their first places
    follow_up: bool  # the last user turn only makes sense with `earlier`
    earlier: str  # the latest user turn before it that stands on its own, sampled
    system: str  # system and developer messages, sampled
    language: str  # ISO 639-1, empty when nothing tells
    messages: int
    user_turns: int
    task_turns: int  # of these, up to the last that sets a task
    prompt_chars: int  # of all messages, not sampled
    turn_chars: int  # of the last user turn, not sampled
    lines: int
    word_count: int
    number_count: int
    sign_count: int  # single signs such as punctuation and operators
    operator_count: int  # = + * / ^ < > and the like
    question: bool  # a question mark, or a word that asks
    maths: bool
    options: bool  # answers to choose from, one a line
    turn_has_image: bool  # in the last user turn
    has_image: bool
    has_audio: bool
    has_file: bool
    has_tools: bool
    has_tool_results: bool
    response_format: str  # empty, `json_object` or `json_schema`


def extract(request: ChatRequest, count_tokens: Callable[[str], int]) -> Features:
    """The features of a request. `count_tokens` counts a text in tokens of o200k_base."""
    users = [message for message in request.messages if message.role == "user"]
    turns = _until_task(users)
    last = without_flourish(without_courtesy(text_of(turns[-1]))) if turns else ""
    text = cut(last, TURN_CHARS)
    words = words_of(text)
    counts = Counter(words)  # whoever looks at each word once looks at half as many: text repeats itself
    vocabulary = frozenset(counts)
    has_image, has_audio, has_file = _attachments(request.messages)
    no_letters = [word for word in vocabulary if not word.isalpha()]  # a few
    numbers = sum([counts[word] for word in no_letters if word.isdigit()])
    signs = sum([counts[word] for word in no_letters if len(word) == 1 and not word.isalnum()])
    prompt = measure(request, count_tokens)
    return Features(
        signals=_signals(prompt, text, vocabulary, has_image),
        prompt=prompt,
        text=text,
        words=tuple(words),
        counts=counts,
        follow_up=len(turns) > 1 and is_follow_up(words),
        earlier=_earlier(turns[:-1]),
        system=_system(request.messages),
        language=language_of(text, vocabulary),
        messages=len(request.messages),
        user_turns=len(users),
        task_turns=len(turns),
        prompt_chars=sum([len(text_of(message)) for message in request.messages]),
        turn_chars=len(last),
        lines=text.count("\n") + 1 if text else 0,
        word_count=len(words) - numbers - signs,
        number_count=numbers,
        sign_count=signs,
        operator_count=_operators(text, vocabulary),
        question=_asks(text, vocabulary),
        maths=bool(vocabulary & lexicon.MATHS) or "\\frac" in text or ("$" in text and "\\" in text),
        options=_has_options(text),
        turn_has_image=bool(turns) and _attachments(turns[-1:])[0],
        has_image=has_image,
        has_audio=has_audio,
        has_file=has_file,
        has_tools=bool(request.tools),
        has_tool_results=any(message.role == "tool" for message in request.messages),
        response_format=_response_format(request),
    )


def _until_task(turns: list[Message]) -> list[Message]:
    """These turns less the last ones that set no task; all of them when no turn that is looked at sets one."""
    for left in range(len(turns), max(0, len(turns) - FOLLOWED_TURNS), -1):
        turn = turns[left - 1]
        text = text_of(turn)
        mere_text = all(isinstance(part, TextPart) for part in turn.parts)
        if not (mere_text and len(text) <= SHORT_TURN_CHARS and sets_no_task(words_of(text))):
            return turns[:left]
    return turns


def _earlier(turns: Sequence[Message]) -> str:
    """The latest of these turns that does not itself follow up on another; the oldest looked at, if all do."""
    found = ""
    for turn in reversed(turns[-FOLLOWED_TURNS:]):
        found = cut(text_of(turn), CONTEXT_CHARS)
        if not is_follow_up(words_of(found)):
            break
    return found


def _attachments(messages: Sequence[Message]) -> tuple[bool, bool, bool]:
    """Whether there is a picture, a sound, a file."""
    kinds = {type(part) for message in messages if message.parts for part in message.parts}
    return ImagePart in kinds, AudioPart in kinds, FilePart in kinds


def _system(messages: tuple[Message, ...]) -> str:
    texts = [text_of(message) for message in messages if message.role in ("system", "developer")]
    return cut("\n".join([cut(text, CONTEXT_CHARS) for text in texts[:4]]), CONTEXT_CHARS)


def _response_format(request: ChatRequest) -> str:
    kind = request.response_format.kind if request.response_format is not None else "text"
    return "" if kind == "text" else kind


def _signals(prompt: PromptTokens, text: str, words: Set[str], has_image: bool) -> IntentSignals:
    fence = "```" in text or "~~~" in text
    programming = _shows(text, words, lexicon.PROGRAMMING, lexicon.PROGRAMMING_UNSPACED)
    return IntentSignals(
        token_length_est=prompt.expected,
        has_code_fence=fence,
        has_programming_keywords=programming,
        signals=TaskSignals(
            code=fence or programming,
            translation=_shows(text, words, lexicon.TRANSLATION, lexicon.TRANSLATION_UNSPACED),
            vision=has_image or _shows(text, words, lexicon.VISION, lexicon.VISION_UNSPACED),
            safety=_shows(text, words, lexicon.SAFETY, lexicon.SAFETY_UNSPACED),
        ),
    )


def _shows(text: str, words: Set[str], spaced: Set[str], unspaced: tuple[str, ...]) -> bool:
    """Whether one of the words occurs; those of scripts without blanks are looked for anywhere."""
    return not spaced.isdisjoint(words) or (not text.isascii() and any(word in text for word in unspaced))


def _asks(text: str, words: Set[str]) -> bool:
    return bool({"?", "\u061f"} & words) or _shows(text, words, lexicon.QUESTION, lexicon.QUESTION_UNSPACED)


_OPERATORS = frozenset("=+*/^<>\u00d7\u00f7\u221a\u2211\u222b\u2264\u2265")


def _operators(text: str, words: Set[str]) -> int:
    """How many operators there are; in ASCII each is a word of its own, and mostly there is none."""
    if text.isascii() and _OPERATORS.isdisjoint(words):
        return 0
    return sum(map(text.count, _OPERATORS))


_OPTIONS = (("A)", "B)"), ("A.", "B."), ("a)", "b)"), ("A:", "B:"))


def _has_options(text: str) -> bool:
    """Whether at least the options A and B stand there, as in `A) ...`, `(A) ...` or `A. ...`."""
    if "B" not in text and "b)" not in text:
        return False  # a single character is found many times faster than two
    return any(a in text and b in text for a, b in _OPTIONS)
