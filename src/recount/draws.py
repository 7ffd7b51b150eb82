"""Random draws of records with replacement, from the published algorithms of the generator that the protocol names.

The stream is that of ``numpy.random.Generator(PCG64(words)).integers(0, n)``: entropy mixed into a pool by multiply and
xorshift (O'Neill 2015, as in NumPy's SeedSequence), a 128-bit linear congruential generator with the XSL-RR output
(O'Neill 2014, PCG), and whole numbers below n by multiplication with rejection (Lemire 2019). It is computed here from
these definitions, so that the draws of both engines agree because they follow one protocol and not because they call
one library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from recount.tables import IntArray

Words = NDArray[np.uint64]

WORD, HALF, WHOLE = (1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1
POOL = 4
MIX_START, MIX_FACTOR = 0x43B0D7E5, 0x931E8875
OUT_START, OUT_FACTOR = 0x8B51F9DD, 0x58F38DED
LEFT, RIGHT = 0xCA01F9DD, 0x4973F715
STEP = (2549297995355413924 << 64) + 4865540595714422341
BLOCK = 1 << 14


class _Hash:
    """Multiply and xorshift, with a constant that changes from word to word."""

    def __init__(self, constant: int, factor: int) -> None:
        self.constant, self.factor = constant, factor

    def __call__(self, word: int) -> int:
        word ^= self.constant
        self.constant = self.constant * self.factor & WORD
        word = word * self.constant & WORD
        return word ^ word >> 16


def seed_state(entropy: Sequence[int]) -> tuple[int, int]:
    """Return the first state of the generator and its increment, both of 128 bits.

    Parameters
    ----------
    entropy : whole numbers of 0 or more; longer ones than 32 bits count as several words, the lowest first
    """
    words = [number >> shift & WORD for number in entropy for shift in range(0, max(1, number.bit_length()), 32)]
    words += [0] * (POOL - len(words))
    mixed = _Hash(MIX_START, MIX_FACTOR)
    pool = [mixed(word) for word in words[:POOL]]
    for source in range(POOL):
        for place in range(POOL):
            if place != source:
                pool[place] = _mixed(pool[place], mixed(pool[source]))
    for word in words[POOL:]:
        pool = [_mixed(part, mixed(word)) for part in pool]
    out = _Hash(OUT_START, OUT_FACTOR)
    low_first = [out(word) for word in islice(cycle(pool), 8)]
    start_high, start_low, increment_high, increment_low = (
        low | high << 32 for low, high in zip(low_first[::2], low_first[1::2], strict=True)
    )
    increment = (increment_high << 64 | increment_low) << 1 & WHOLE | 1
    start = (start_high << 64 | start_low) + increment
    return (start * STEP + increment) & WHOLE, increment


def _mixed(one: int, other: int) -> int:
    word = (LEFT * one - RIGHT * other) & WORD
    return word ^ word >> 16


def random_words(entropy: Sequence[int]) -> Iterator[Words]:
    """Yield the generator's 32-bit outputs, block by block; of each 64 bits the lower half comes first."""
    state, increment = seed_state(entropy)
    factor, offset = STEP, increment
    state = (state * factor + offset) & WHOLE
    high, low = np.array([state >> 64], dtype=np.uint64), np.array([state & HALF], dtype=np.uint64)
    while len(high) < BLOCK:
        next_high, next_low = _advanced(high, low, factor, offset)
        high, low = np.concatenate([high, next_high]), np.concatenate([low, next_low])
        factor, offset = factor * factor & WHOLE, (factor * offset + offset) & WHOLE
    while True:
        folded, turn = high ^ low, high >> np.uint64(58)
        output = folded >> turn | folded << (np.uint64(64) - turn & np.uint64(63))
        yield np.column_stack([output & np.uint64(WORD), output >> np.uint64(32)]).ravel()
        high, low = _advanced(high, low, factor, offset)


def _advanced(high: Words, low: Words, factor: int, offset: int) -> tuple[Words, Words]:
    """Return state * factor + offset modulo 2^128, the state being given by its halves."""
    factor_low = np.uint64(factor & HALF)
    product = low * factor_low
    carried = _upper_half(low, factor_low) + high * factor_low + low * np.uint64(factor >> 64)
    total = product + np.uint64(offset & HALF)
    return carried + np.uint64(offset >> 64) + (total < product).astype(np.uint64), total


def _upper_half(one: Words, other: np.uint64) -> Words:
    """Return the upper 64 bits of a product of 64-bit numbers."""
    half, shift = np.uint64(WORD), np.uint64(32)
    one_low, one_high, other_low, other_high = one & half, one >> shift, other & half, other >> shift
    middle = one_high * other_low + (one_low * other_low >> shift)
    crossed = one_low * other_high + (middle & half)
    return np.asarray(one_high * other_high + (middle >> shift) + (crossed >> shift))


def draw_records(entropy: Sequence[int], size: int, draws: int) -> Iterator[IntArray]:
    """Yield, draw by draw, the (size,) places of records drawn from ``size`` with replacement, 2 <= size < 2^32."""
    rejected = (1 << 32) % size
    stream, waiting = random_words(entropy), np.empty(0, dtype=np.int64)
    for _ in range(draws):
        parts, count = [waiting], len(waiting)
        while count < size:
            products = next(stream) * np.uint64(size)
            accepted = products[(products & np.uint64(WORD)) >= np.uint64(rejected)] >> np.uint64(32)
            parts.append(accepted.astype(np.int64))
            count += len(accepted)
        taken = np.concatenate(parts)
        yield taken[:size]
        waiting = taken[size:]
