"""The strings whose tokens are compared: groups of everything that a tokenizer can get wrong. No reference in here."""

import random
import unicodedata

# fmt: off
GROUPS: dict[str, list[str]] = {
    "plain": [
        "a photo of a cat", "A Photo Of A DOG", "a diagram", "the quick brown fox jumps over the lazy dog", "", " ",
        "x", "Hello, World!", "supercalifragilisticexpialidocious", "antidisestablishmentarianism",
        "iPhone 15 Pro Max", "a red-and-white striped umbrella", "two dogs, one cat & three birds",
        "close-up of an eye", "B/W portrait", "an image of number 5 from a street sign", "itap of my motorcycle",
        "a bad photo of the hard to see hammer.",
    ],
    "accents": [
        "café", "cafe\u0301", "Crème Brûlée", "ÀÉÎÕÜ àéîõü", "naïve façade", "Ångström", "A\u030angstro\u0308m",
        "\u212bngstr\u00f6m", "żółć gęślą jaźń", "ŻÓŁĆ GĘŚLĄ JAŹŃ", "příliš žluťoučký kůň", "ığüşöç İĞÜŞÖÇ",
        "İstanbul", "ISPARTA ıspanak", "straße STRASSE ẞ ß", "smørrebrød på øen", "þorn Þór ðæ ÐÆ", "Việt Nam phở bò",
        "Vie\u0323\u0302t", "Vi\u1ec7t", "Õun ja šokolaad", "Ħamrun għasfur", "œuf Œuvre æther Æther",
        "ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ", "Ĳsselmeer ĳs ŉ", "ǅ ǆ Ǆ Ǉ ǈ ǉ Ǌ ǋ ǌ Ǳ ǲ ǳ", "ſtraſſe", "'ſ the long s", "K Kelvin Å",
        "o\u0302\u0323 o\u0323\u0302",
    ],
    "combining": [
        "e\u0301\u0301\u0301", "Z\u0351\u036b\u0343a\u0321\u034el\u0337g\u0316o\u031f", "a\u0308\u0304",
        "\u0301leading", "q\u0307\u0323", "n\u0303 N\u0303 ñ Ñ", "\u1e9b\u0323", "s\u0323\u0307", "\u0344",
        "\u0958 \u0915\u093c", "\u2126 \u03a9", "\ufb1d \u05d9\u05b4", "\uac00 \u1100\u1161 \u1100\u1161\u11a8",
        "e\u20dd", "x\u0338=", "=\u0338", "<\u0338", "a\u034fb",
    ],
    "greek_cyrillic": [
        "ΟΔΥΣΣΕΥΣ", "ΌΣΟΣ ΣΟΦΟΣ Σ", "ΑΣ. ΑΣ, ΑΣ' ΑΣα", "Σ", "ΑΣ\u0301Β", "ΑΣ\u00adΒ", "ΑΣ\u0301",
        "φωτογραφία μιας γάτας", "Ελλάδα ΕΛΛΆΔΑ", "ᾳ ᾼ ῼ Ὦ ὦ", "ϐ ϑ ϕ ϖ ϰ ϱ ϲ ϵ", "фотография собаки", "ФОТО КОШКИ",
        "Ёлка ёлка ЙЦУКЕН", "Київ Ґанок їжак", "Ѓорѓи Ќерка љубов", "Ꙁемлѧ ѡтъ", "Ӕ ӕ Ғ ғ", "Ⴀ ⴀ ა Ა", "Ა Ბ Გ",
        "Ꭰ ꭰ Ᏸ ᏸ", "Ɐ Ꞓ ꞓ Ʞ ʞ", "𐐀𐐨 𐓀𐓨 𞤀𞤢",
    ],
    "cjk": [
        "一只猫的照片", "這是一張狗的照片", "上海", "漢字仮名交じり文", "猫の写真", "カタカナ ﾊﾝｶｸ ｶﾞｷﾞｸﾞ", "ひらがな", "ヴァイオリン ヷ ヸ", "ガラス か\u3099",
        "東京タワー　夜景", "「引用」、。・…ー〜", "㍿ ㌔ ㎏ ①②③ ㈱", "한국어 사진", "고양이 ㄱㄴㄷ ㅏㅑ", "ﾡﾢ ￮ ￭", "你好，世界！", "３２１　ＡＢＣ ａｂｃ", "𠮷野家 𩸽 𪚥",
        "豈 﨑 神 \ufa19", "々〆〇", "ㄅㄆㄇ", "ꀀꀁ", "㐀㐁", "〇一二三四五六七八九十",
    ],
    "right_to_left": [
        "صورة قطة", "الْعَرَبِيَّةُ", "۱۲۳ ١٢٣", "لا ﻻ ﷲ ﷺ", "فارسی می\u200cروم", "اردو ہے", "תמונה של חתול",
        "שָׁלוֹם", "ייִדיש", "\u202bעברית\u202c", "abc \u200fשלום\u200e def", "ܫܠܡܐ", "ދިވެހި", "ߒߞߏ", "ﭐﭑ ﯾ ﹰ",
    ],
    "indic_and_others": [
        "बिल्ली की तस्वीर", "नमस्ते दुनिया", "ক্ষ বাংলা", "தமிழ் படம்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "ગુજરાતી",
        "ਪੰਜਾਬੀ", "ଓଡ଼ିଆ", "සිංහල ශ්\u200dරී", "ภาพแมว กำ", "ລາວ", "မြန်မာ", "ខ្មែរ", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "አማርኛ",
        "Հայերեն ՀԱՅ և", "ქართული", "ᐃᓄᒃᑎᑐᑦ", "ᚠᚢᚦ", "ᏣᎳᎩ", "ꦗꦮ", "१२३ ১২৩ ௧௨௩", "½ ¾ ² ³ ¹ ₁ ⅷ Ⅷ ⅻ", "𝟏𝟐𝟑 𝔸𝔹ℂ 𝒜𝒷",
        "𑄌𑄋𑄴 𑀓",
    ],
    "emoji": [
        "🐱", "a 🐶 and a 🐱", "😀😃😄", "👍🏽", "👩🏿‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴‍☠️", "🇩🇪 🇺🇸🇯🇵",
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "❤️ ❤ ♥", "☺︎ ☺️", "1️⃣ #️⃣ *️⃣", "🤷🏻‍♀️",
        "🫠🫡🫨", "👁️‍🗨️", "🧑‍💻 code", "⌚⏰☀️☁", "™️ ©️ ®️", "🅰🆎🈁㊗️", "I ❤️ NY", "🎉party🎉time🎉", "🐈‍⬛ black cat",
        "🧜🏾‍♂️🧛🏼", "👭🏻👬🏿", "😂" * 40, "🏽 alone", "\u200d alone", "🇦", "ʕ•ᴥ•ʔ", "¯\\_(ツ)_/¯", "(╯°□°）╯︵ ┻━┻",
        ":-) ;-) <3 :'(",
    ],
    "entities": [
        "AT&amp;T", "&lt;b&gt;bold&lt;/b&gt;", "fish &amp;amp; chips", "&amp;amp;amp;amp; four",
        "&copy; 2024 &reg; &trade;", "&eacute;t&eacute; &Eacute;", "&EACUTE; &NTILDE; &nTILDE; &SZLIG; &OUML;",
        "&AMP; &AMP &LT &GT; &QUOT; &COPY;", "&#233; &#xe9; &#XE9;", "&#233 &#xe9 x", "&#8217; &#8220;q&#8221;",
        "&#x1F600; &#128512;", "&#0; &#1; &#x80; &#x9f; &#150;", "&#xD800; &#x110000; &#99999999;",
        "&#xFFFE; &#xB; &#x7f; &#xad;", "&nbsp;a&nbsp;&nbsp;b", "&ensp;&emsp;&thinsp;&zwj;&zwnj;&lrm;&shy;x",
        "this&not that", "&notit; &notin; &ampx &amp1", "&copycat &regular &para &paragraph &times &timesb",
        "&fjlig; &ngE; &bne; &NotEqualTilde;", "&Jscr;ohn &HilbertSpace; &ZeroWidthSpace;|",
        "&CounterClockwiseContourIntegral;", "&unknown; &; & &# &#x; &#xg; &#;", "&hellip; &mdash; &ndash; &bull;",
        "a < b &amp; c", "<p>caf&eacute; &amp;lt;</p>", "if (a < b && c > d) &eacute;",
        "one &eacute;\n< two &eacute;\nthree &eacute;", "one < &eacute;\ntwo &EACUTE;",
        "&amp;#233; &amp;eacute; &amp;amp;eacute;", "&amp;#38;amp;", "e&#769; &#769;e", "&#65279;bom <&#65279;x>",
        "<&#xFEFF;>&ZeroWidthSpace;<", "Q&A R&D B&B", "?a=1&b=2&copy=3&lt=4", "&lang=en&region=us",
        "&frac12; &sup2; &deg;C &micro;m", "&alpha;&Alpha;&ALPHA; &beta; &Omega; &ohm;",
        "&quot;quoted&quot; &apos;s &#39;s it&#39;s it&rsquo;s", "&lsquo;&rsquo;&ldquo;&rdquo;&sbquo;&bdquo;",
        "&Tab;&NewLine;x", "&eacute", "&eacuteness", "&EACUTE", "< &EACUTE; &eacute &notin &notinx", "&amp;" * 30,
        "&#233;" * 20, "&aMP; &AmP;", "&lt;&lt;&gt;&gt;", "&lbrace;x&rbrace; &lsqb;&rsqb; &num; &percnt; &dollar;",
        "&GREEK; &DEG; &SECT; &PLUSMN; &FRAC12;", "&ｎｂｓｐ; ＆amp；", "&é; &amp é", "&#x41;&#x42;&#x43;", "&#65;&#66&#67",
        "&nGt; &nLtv; &race; &acE;",
    ],
    "whitespace": [
        "  leading and trailing  ", "a  b   c", "tab\there", "new\nline", "crlf\r\nline\rcr", "a\u00a0b",
        "a\u2003b\u2009c\u202fd", "a\u3000b", "a\u1680b", "a\u180eb", "a\u200bb", "a\u2028b\u2029c", "a\x0bb\x0cc",
        "a\x85b", "a\x1cb\x1dc\x1ed\x1fe", "\n\n\n", "\t\t \r\n", "\u2060word\u2060joiner", "\ufeffbom", "a\ufeffb",
        "a \n b \t c", "line one\nline two\nline three", "trailing\n", "\nleading", "\u205fmath\u205f", "\u00a0",
        "a\u00adb soft", "x\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u200a y",
    ],
    "control": [
        "\x00", "a\x00b", "a\x01\x02\x03b", "bell\x07", "back\x08space", "\x1b[31mred\x1b[0m",
        "\x1b[1;32;40mgreen\x1b[m x", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b[", "\x1b", "del\x7f",
        "a\u206ab\u206f", "\ufff9a\ufffab\ufffb", "\ufffcobject", "\ufffd", "c1 \x91quoted\x92 \x93\x94", "\x80 100",
        "5\x96\x97 dash \x85", "\x81\x8d\x8f\x90\x9d", "caf\xe9 \x96 na\xefve", "\x99 \x9f \x8a \x8e", "a\x80b\x81c",
        "\U0001d173music\U0001d17a", "\U000e0001\U000e0041tag", "\ue000 \uf8ff private \U000f0000",
        "\ufdd0 \ufffe \uffff", "\u2066isolate\u2069", "\ufe0f \ufe0e vs", "\U000e0100 vs17", "\x1b[31",
        "\x1b[\x0031m",
    ],
    "surrogates": [
        "\ud83d", "\udca9", "a\ud800b", "a\udfffb", "\udca9\ud83d", "\ud83d \udca9", "\ud83d\x00\udca9",
        "ok \ud83d\ud83d\ude00 fine", "&#xD83D;&#xDCA9;",
    ],
    "quotes": [
        "\u2018single\u2019 \u201cdouble\u201d",
        "it\u2019s don\u2019t we\u2019re I\u2019ve I\u2019m you\u2019ll he\u2019d", "\u201alow\u2018 \u201elow\u201c",
        "\u201breversed\u201f", "\u02bcmodifier \u02bb\u02bd", "\u00abguillemets\u00bb \u2039single\u203a",
        "`back` \u00b4acute\u00b4", "\u2032prime\u2033", "'\u2019'\u2018'", "\"\"\"", "''''", "5'10\"",
        "\uff02\uff07",
    ],
    "contractions": [
        "it's", "don't", "we're", "I've", "I'm", "you'll", "he'd", "IT'S DON'T WE'RE I'VE I'M YOU'LL HE'D",
        "'s 't 're 've 'm 'll 'd", "'tis 'twas", "rock'n'roll", "o'clock", "dogs'", "'''s", "!'s", "y'all'd've",
        "'dare 'model 'llama 'retry 'vegan 'style 'tail", "it' s", "it'ſ", "l'été d'hiver", "5's 10's",
    ],
    "numbers": [
        "1234567890", "3.14159", "1,000,000.00", "-273.15°C", "1e-10", "0xFF", "2024-02-29T12:34:56Z", "50%",
        "$9.99 €9,99 £9 ¥999 ₹100 ₿1", "1st 2nd 3rd", "10×10", "±5", "10³ m²", "x²+y²=z²", "½ cup", "№ 5", "Ⅳ IV ⅳ",
        "१२", "𝟘𝟙", "1 2 3", "12:30pm", "192.168.0.1", "+49 30 123456", "①⓪⑩ ❶", "6'2\"",
    ],
    "punctuation": [
        "...", "…", "!!!???", "?!?!", "---", "— – ‐ ‑ ‒ ―", "***bold***", "~~~", "<<<>>>", "(((nested)))",
        "[brackets] {braces}", "a/b\\c|d", "@user #hashtag", "100% & more", "a_b_c", "^caret^",
        "snake_case camelCase kebab-case", "¡Hola! ¿Qué?", "†‡§¶•·", "←→↑↓⇒", "∀x∈ℝ: ∃y", "♠♣♥♦", "✓✗★☆", "░▒▓█",
        "─│┌┐", "\u203d", "%%%", "$$$", "'\"`", ",.;:", "!" * 100,
    ],
    "urls_and_code": [
        "https://www.example.com/path?query=1&x=y#frag", "mailto:someone@example.org", "www.example.co.uk",
        "C:\\Users\\Name\\file.txt", "/usr/local/bin", "function f(x) { return x => x * 2; }",
        "if (a && b || !c) { d += 1; }", "SELECT * FROM t WHERE a < 5 AND b > 6;", "<div class=\"x\">text</div>",
        "<!-- comment -->", "#include <stdio.h>", "def f(x: int) -> str:\n\treturn f'{x}'",
        "{\"key\": [1, 2.0, null]}", "$ git commit -m \"msg\"", "a++; --b; c **= 2", "\\n \\t \\u00e9 \\x41",
        "%20%C3%A9", "&a=1;b=2", "std::vector<int>", "x = y ?? z?.w", "/^[a-z]+$/i",
        "data:image/png;base64,iVBORw0KGgo=", "IMG_20240229_123456.JPG", "DSC_0001.NEF",
    ],
    "special_tokens": [
        "<|startoftext|>", "<|endoftext|>", "a <|endoftext|> b", "<start_of_text>", "<end_of_text>",
        "a<end_of_text>b", "<END_OF_TEXT>", "<start_of_text>x<end_of_text>", "< start_of_text >", "<start_of_text",
        "&lt;end_of_text&gt;", "[PAD] [UNK] [CLS]", "</w>", "cat</w>", "Ġ Ċ Â", "<unk> <s> </s>",
    ],
    "width": [
        "ＦＵＬＬ　ＷＩＤＴＨ", "ｆｕｌｌ　ｗｉｄｔｈ！？", "０１２３４５６７８９", "￠￡￢￣￤￥￦", "｡｢｣､･ｦｧｨｩｪｫｬｭｮｯｰｱ", "ﾊﾞﾊﾟｳﾞ", "￨￩￪￫￬￭￮", "ￂￃￄￅￆￇ",
        "ｱﾞ", "＂＇＜＞＆ａｍｐ；", "＆amp;", "&ａmp;", "～ ｟｠", "\uff00 \uffbf \uffef",
    ],
    "lengths": [
        "cat " * 75, "cat " * 76, "cat " * 77, "cat " * 200, "x" * 76, "x" * 8000, "ab " * 2500, "é" * 300, "漢" * 100,
        "漢字 " * 80, "🐱" * 100, "a" * 75 + " b", " ".join(str(i) for i in range(200)), "word, " * 38,
        "word, " * 37 + "x", "! " * 75, "! " * 76, "antidisestablishmentarianism" * 30,
        "\n".join(["line &amp; line"] * 60), "'s" * 200,
    ],
    "mixed": [
        "The café's “naïve” résumé — 50% off! 🎉", "ＡＩ生成 image №5 of 猫 & dog’s 🐕", "Tom &amp; Jerry ™ — 1940–2024…",
        "日本語 English العربية עברית हिन्दी 한국어", "&quot;Ünïcödé&quot; ‘test’ ①", "ﬁne ﬂow — oﬃce &ndash; ＯＫ",
        "<b>Größe</b> &amp; Maße &lt;ß&gt;", "  MIXED\tCase\u00a0with\u2003spaces  ", "E=mc² → ΔE≈0 ∴ ok",
        "@johndoe: LOL 😂😂 #fun http://t.co/abc", "price:£5/€6·kg⁻¹", "İ̇stanbul’da kedi 🐈",
        "naïve na\u0131ve nai\u0308ve", "Łódź — ŁÓDŹ — Ło\u0301dz\u0301", "Ⓐⓑⓒ 🄰 🅐", "a\u0300\u0301 &agrave;&#769;",
        "ΣΊΣΥΦΟΣ&nbsp;ΣΊΣΥΦΟΣ", "ОДЕССА&#8212;мама", "x\u00b7y\u22c5z", "50\u202f000\u00a0€",
    ],
}
# fmt: on

# UTF-8 that somebody read as another encoding. ftfy guesses such damage and repairs it.
# fmt: off
SOUND_TEXTS = [
    "café", "naïve façade", "“quoted” text", "it’s", "Größe", "日本", "привет", "🐱 cat", "10 € – 20 €", "señor",
    "à la mode", "œuvre", "…", "™", "Łódź", "שלום", "ñ", "×", "½", "Ελλάδα",
]
# fmt: on
MOJIBAKE_CODECS = ["latin-1", "cp1252", "cp437", "mac-roman", "cp1251", "iso-8859-2"]


def _mojibake() -> list[str]:
    damaged = [
        text.encode("utf-8").decode(codec, errors="replace") for codec in MOJIBAKE_CODECS for text in SOUND_TEXTS
    ]
    return damaged + [
        "âœ” No problems", "Ã", "Ã la carte", "Â£5", "l’HumanitÃ©", "schÃ¶n und schön", "ï»¿bom", "Ã¢â‚¬â„¢", "voilÃ  le travail",
    ]


# One block of each kind of script, for random words.
# fmt: off
BLOCKS = [
    (0x20, 0x7E), (0xA1, 0x17F), (0x180, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x5F4),
    (0x600, 0x6FF), (0x900, 0xDFF), (0xE00, 0xEFF), (0x10A0, 0x11FF), (0x13A0, 0x13FD), (0x1D00, 0x1FFF),
    (0x2000, 0x206F), (0x2070, 0x2BFF), (0x2C00, 0x2DFF), (0x3000, 0x31FF), (0x4E00, 0x4FFF), (0xA640, 0xA7CA),
    (0xAB30, 0xABBF), (0xAC00, 0xACFF), (0xF900, 0xFAD9), (0xFB00, 0xFDFF), (0xFE20, 0xFFEF), (0x10400, 0x104FF),
    (0x1D400, 0x1D7FF), (0x1E900, 0x1E95F), (0x1F300, 0x1F9FF),
]
# fmt: on
ENTITIES = ["&amp;", "&lt;", "&eacute;", "&#xe9;", "&#8217;", "&nbsp", "&notin", "&Eacute", "&amp;amp;", "&rarr;"]


def _random(count: int) -> list[str]:
    """Words of one or several scripts. Only characters that Unicode 14 assigns: later ones depend on Python's version."""
    chance = random.Random(20260101)

    def character(low: int, high: int) -> str:
        while True:
            char = chr(chance.randint(low, high))
            if unicodedata.category(char) not in ("Cn", "Cs", "Co"):
                return char

    def word() -> str:
        if chance.random() < 0.1:
            return chance.choice(ENTITIES)
        low, high = chance.choice(BLOCKS)
        return "".join(character(low, high) for _ in range(chance.randint(1, 8)))

    gaps = ["", " ", "  ", "\n", "\u00a0"]
    return [chance.choice(gaps).join(word() for _ in range(chance.randint(1, 9))) for _ in range(count)]


def corpus() -> list[tuple[str, str]]:
    """(group, text) for every string, each text once."""
    groups = {**GROUPS, "mojibake": _mojibake(), "random": _random(200)}
    seen: set[str] = set()
    return [(group, text) for group, texts in groups.items() for text in texts if not (text in seen or seen.add(text))]
