"""Words that tell tasks apart: the signals of a request, for people and for rules. The learned model has its own."""

from __future__ import annotations

PROGRAMMING = frozenset(
    """python javascript typescript java golang rust kotlin swift php ruby perl scala haskell sql mysql postgres
    postgresql sqlite mongodb html css bash powershell regex regexp numpy pandas pytorch tensorflow react angular vue
    django flask fastapi node nodejs npm docker kubernetes terraform git github function functions method class
    classes def return
    const let var void async await lambda import script scripts code coding program programming programmer algorithm
    compile compiler debug debugger debugging refactor stacktrace traceback exception nullpointerexception api endpoint
    variable variables array arrays string strings boolean integer loop recursion recursive iterate dataframe query
    select join subquery backend frontend unittest pytest junit segfault linux shell awk sed grep chmod cron csv xml
    función funciones código programa fonction programme funktion programm skript função funzione codice
    функция функцию функции код программу скрипт программа kod fonksiyon""".split()
)
"""Words of programming, also common ones such as `class`: a signal, not a verdict."""

PROGRAMMING_UNSPACED = tuple("""函数|代码|编程|程序|脚本|算法|コード|関数|プログラム|스크립트|코드|함수""".split("|"))

TRANSLATION = frozenset(
    """translate translated translates translating translation translator translations übersetze übersetzen übersetzung
    übersetz traduce traducir traduzca traduzcas traducción traducirme traduis traduire traduisez traduction traduci
    tradurre traduzione traduz traduza traduzir tradução vertaal vertalen vertaling przetłumacz tłumaczenie
    переведи переведите перевод перевести переведёшь çevir çevirir çeviri tercüme terjemahkan terjemahan översätt
    ترجم ترجمة अनुवाद""".split()
)
TRANSLATION_UNSPACED = tuple("""翻译|翻譯|译成|訳し|翻訳|번역|dịch|แปล|ترجم|अनुवाद|מתורגם|תרגם""".split("|"))

VISION = frozenset(
    """image picture photo photograph screenshot pic figure diagram chart imagen foto bild imagem immagine afbeelding
    zdjęcie obraz картинка картинке фото изображении изображение resim fotoğraf gambar görsel scan
    infographic""".split()
)
VISION_UNSPACED = tuple("""图片|图像|照片|截图|画像|写真|사진|이미지|hình ảnh|bức ảnh|صورة|चित्र|तस्वीर""".split("|"))

SAFETY = frozenset(
    """bomb bombs explosive explosives grenade molotov poison poisoning murder kill assassinate assassination kidnap
    torture suicide meth methamphetamine fentanyl heroin cocaine ricin sarin anthrax weapon weapons gun
    silencer ammunition ransomware malware keylogger spyware trojan botnet ddos phishing phish hack hacking exploit
    steal stealing shoplift launder laundering counterfeit forge forged bribe blackmail extort extortion scam fraud
    terrorist terrorism genocide slur slurs racist stalk stalking rape pedophile trafficking bioweapon hitman
    bombe bomba veneno mord ermorden asesinar matar robar tuer voler poignarder stehlen rubare uccidere roubar
    бомбу бомба убить яд взорвать украсть взломать наркотики zabić bombę truciznę racun membunuh""".split()
)
SAFETY_UNSPACED = tuple("""炸弹|毒药|杀人|贩毒|诈骗|偷窃|爆弾|殺|毒|폭탄|마약|살인|thuốc nổ|giết|قنبلة|बम""".split("|"))

MATHS = frozenset(
    """solve equation prove proof integral derivative theorem probability matrix polynomial triangle radius percent
    percentage average ratio calculate compute sum fraction logarithm sqrt angle perimeter area volume""".split()
)
"""Words of mathematics, a hint for difficulty."""

QUESTION = frozenset(
    """what who whom whose when where which why how was wie wer warum welche wann wo qué quién cuándo dónde cuál cómo
    cuánto quoi qui quand où comment pourquoi quel quelle cosa chi quando dove perché quale como qual quem onde quanto
    что кто где когда почему как сколько какой wat hoe waarom wie co kto gdzie dlaczego jak ile ne kim nerede neden
    nasıl apa siapa kapan mengapa bagaimana""".split()
)
QUESTION_UNSPACED = tuple("""什么|怎么|为什么|哪|吗|多少|何|どう|なぜ|ですか|까|무엇|어떻게|왜""".split("|"))
