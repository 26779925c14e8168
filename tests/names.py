"""Names as somebody may give them, and what is made of each: by the server and by the page."""

GOOD = [
    *("Ana", "José", "Jose\u0301", "ज़ें", "Nguyễn", "דָּוִד", "7", "?", "Ana Lúcia", "<b>x</b>"),
    # Emoji: one newer than the Unicode of Python 3.11, and one there may be some day.
    *("😀", "Ana \U0001fae9", "\U0001fae9", "\U0001fafe"),
    # Sequences: a joiner, a variation selector, a keycap, a skin colour, all of them; flags.
    *("👩\u200d🚒", "❤\ufe0f", "1\ufe0f\u20e3", "👍🏽", "👩🏽\u200d❤\ufe0f\u200d👨🏿", "🇧🇷"),
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    # A joiner that is spelling, in Persian and in Malayalam; a variant of a sign, in Japanese.
    *("علی\u200cرضا", "ന\u0d4d\u200d", "葛\U000e0100城"),
    "😀" * 40,
    "👩\u200d" * 20,
]
"""Taken as they are."""

MENDED = {
    "x" * 41: "x" * 40,
    "é" * 41: "é" * 40,
    "😀" * 41: "😀" * 40,
    "a\nb": "a b",
    "a\u2028b\u2029c": "a b c",
    "a\u00a0b\u3000c": "a b c",
    "\u202eAna": "Ana",
    "a\u2066b\u2069": "ab",
    "a\u200eb\u061cc": "abc",
    "a\u00adb\ufeffc": "abc",
    "a\nb\u202ec\x00": "a bc",
    "a\x1b[31m\x85": "a[31m",
    "a\ue000b\U000f0000": "ab",
    "a\ud83d": "a",
    "a" + "\u0301" * 4: "a" + "\u0301" * 3,
    "a" + "\u0301\u200d" * 4: "a" + "\u0301\u200d" * 3 + "\u200d",
}
"""The server takes none of them; the page makes something of each."""

NONE = [
    *(" ", "\u200b", "\u200d", "\u3164", "\u2800 \u115f", "\u0301\u0301", "\ufe0f", "\ue000"),
    *("\U000e0041\U000e007f", "\U000e0100", "\U000e0fff", "\u2065", "\ufff0"),
]
"""Nothing can be seen of them."""
