"""A short walk of the fuzzer that is the same every time; `make fuzz` goes on for longer, guided by coverage."""

import random

from tests.fuzz.target import judge_bytes, seeds

ROUNDS = 1500
TOKENS = (
    b"<dict>",
    b"</dict>",
    b"<key>",
    b"&#0;",
    b"\xff\xfe",
    b"\x30\x80",
    b"\x00\x00",
    b"\xa0\x80",
    b"\x84\xff\xff\xff\xff",
)


def changed(data: bytes, chance: random.Random) -> bytes:
    """Return the data with a few bytes, pieces or lengths changed."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at, end = sorted(chance.randrange(len(damaged) + 1) for _ in range(2))
        match chance.randrange(5):
            case 0 if at < len(damaged):
                damaged[at] = chance.randrange(256)
            case 1:
                damaged[at:at] = chance.choice(TOKENS)
            case 2:
                del damaged[at : min(end, at + 40)]
            case 3:
                damaged[at:at] = damaged[at : min(end, at + 200)]
            case _ if at < len(damaged):
                damaged[at] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def test_no_damage_brings_anything_but_findings() -> None:
    chance = random.Random(20260301)  # the same walk every time
    corpus = list(seeds())
    for data in corpus:
        judge_bytes(data)
    for _ in range(ROUNDS):
        judge_bytes(changed(chance.choice(corpus), chance))
