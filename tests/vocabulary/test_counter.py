"""The exact counter against counts that tiktoken gave, and what stands in where it is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core import tokens
from muxer.vocabulary.counter import ESTIMATE, load_counter

COUNTER = load_counter()

TRUE_COUNTS = [
    ("Please remind me to water the tomatoes before the weekend.", 11),
    ("THE QUICK BROWN FOX, and 'twas said he'd've jumped; DON'T ASK I'LL TELL.", 22),
    ("Die Straßenbahn fährt um Viertel nach sieben, außer an Feiertagen.", 15),
    ("L'été dernier, nous avons goûté des pêches mûres à Nîmes.", 19),
    ("¿Cuánto cuesta el billete de ida y vuelta a Cádiz?", 13),
    ("A reunião começa às nove; tragam os relatórios, por favor.", 14),
    ("Il treno delle diciotto è già partito, perché corri?", 15),
    ("Zażółć gęślą jaźń, zanim źrebię uśnie w łóżku.", 24),
    ("Příliš žluťoučký kůň úpěl ďábelské ódy.", 22),
    ("Árvíztűrő tükörfúrógép, öt hűtőházból kértünk színhúst.", 30),
    ("Pijamalı hasta yağız şoföre çabucak güvendi.", 20),
    ("Tänään sataa lunta, joten jäämme mökkiin lämmittelemään.", 21),
    ("Съешь же ещё этих мягких французских булок.", 13),
    ("Жебракують філософи при ґанку церкви в Гадячі.", 22),
    ("Η γρήγορη αλεπού πηδάει πάνω από τον τεμπέλη σκύλο.", 23),
    ("השועל המהיר קפץ מעל הכלב העצלן.", 15),
    ("القطّة نائمة على السرير منذ الصباح.", 12),
    ("من دیروز کتاب تازه\u200cای خریدم.", 10),
    ("मुझे कल सुबह जल्दी उठना है।", 9),
    ("আমি আগামীকাল বাজারে যাব।", 7),
    ("நான் நாளை சந்தைக்குச் செல்வேன்.", 11),
    ("พรุ่งนี้ฉันจะไปตลาดกับแม่", 9),
    ("ថ្ងៃនេះអាកាសធាតុល្អណាស់", 11),
    ("ხვალ დილით ადრე უნდა ავდგე.", 10),
    ("Վաղը առավոտյան պետք է շուտ արթնանամ։", 17),
    ("ነገ ጠዋት ቀደም ብዬ መነሳት አለብኝ።", 43),
    ("明天早上八点我们在火车站门口见面，别迟到。", 20),
    ("明日の朝八時に駅のホームでお待ちしています。カタカナも。", 21),
    ("내일 아침 여덟 시에 기차역에서 만나요.", 16),
    ("Ngày mai chúng ta gặp nhau ở ga tàu lúc tám giờ.", 14),
    ("🎉👨\u200d👩\u200d👧 see you at 5️⃣ 🇫🇷 ❤️", 21),
    ("for (int i = 0; i < n; ++i) {\n\tsum += a[i] * b[i];\n}\n", 26),
    ("def f(x):\n    if x is None:\n        return {}\n    return {k: v for k, v in x.items()}\n\n\n", 28),
    ('{"id":"a1b2","values":[1.5,-2e10,null,true],"nested":{"k":"v"}}', 26),
    ("SELECT name, COUNT(*) FROM users WHERE age >= 21 GROUP BY name ORDER BY 2 DESC;", 21),
    ("| a | b |\r\n|---|:-:|\r\n| 1 | 2 |\r\n", 19),
    ("https://example.org/path/to?x=1&y=%20z#frag", 17),
    ("12345678901234567890 3.14159 1,000,000", 18),
    ("½ + ¼ = ¾; x² ≤ 10⁶; ∑ᵢ xᵢ → ∞", 28),
    ("   leading, trailing   \n\n \t mixed \xa0\u3000blanks  ", 12),
    ("é is not é; \ufeff\u200b\u200d are not seen", 12),
    ("\x00\x07\x1b[31mred\x1b[0m", 11),
    ("<|endoftext|>", 7),
    ("<|im_start|>system<|im_sep|>You<|im_end|>", 20),
    ("aGVsbG8gd29ybGQsIHRoaXMgaXMgYmFzZTY0Cg==", 25),
    ("CamelCaseIdentifier snake_case_name kebab-case-name SCREAMING_CASE", 14),
    ("-" * 127, 2),
    ("=" * 300, 5),
    ("a" * 1_000, 125),
    (" " * 1_000, 9),
    ("哈" * 100, 50),
    ("😀" * 64, 64),
]
"""Counts of tiktoken 0.14, `encode_ordinary` of o200k_base."""


def test_the_counter_of_a_full_installation_is_exact() -> None:
    assert COUNTER.exact
    assert COUNTER.name == "o200k_base"


@pytest.mark.parametrize(("text", "true"), TRUE_COUNTS)
def test_a_text_has_as_many_tokens_as_tiktoken_says(text: str, true: int) -> None:
    assert COUNTER.count(text) == true


def test_nothing_is_no_token() -> None:
    assert COUNTER.count("") == 0


@pytest.mark.parametrize("name", ["<|endoftext|>", "<|endofprompt|>"])
def test_the_name_of_a_special_token_is_plain_text_in_a_prompt(name: str) -> None:
    assert COUNTER.count(f"a{name}b") > 3


def test_half_of_a_surrogate_pair_counts_as_a_replacement_character() -> None:
    assert COUNTER.count("broken \ud83d here") == COUNTER.count("broken \ufffd here")


@given(st.text(st.characters(), max_size=300))
def test_every_text_has_a_count_of_at_most_its_bytes(text: str) -> None:
    assert bool(text) <= COUNTER.count(text) <= len(text.encode("utf-8", "surrogatepass"))


def test_loading_again_shares_the_vocabulary() -> None:
    assert load_counter().count("the same") == COUNTER.count("the same")


@pytest.mark.parametrize("library", ["no_such_library", "json"])
def test_without_the_library_or_with_another_than_expected_tokens_are_estimated(library: str) -> None:
    counter = load_counter(library)

    assert counter == ESTIMATE
    assert not counter.exact
    assert counter.count("Hello there") == tokens.count("Hello there")
