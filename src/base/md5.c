#include "base/md5.h"

#include <endian.h>

enum {
    BLOCK_BYTES = 64,
    BLOCK_WORDS = 16,
    LENGTH_BYTES = 8
};

struct state {
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
};

// floor(2^32 * abs(sin(i + 1)))
static const uint32_t sines[] = {0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf,
    0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122,
    0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
    0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905,
    0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44,
    0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
    0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3,
    0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82,
    0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static inline uint32_t turned_left(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static inline void step(struct state *state, uint32_t mixed, uint32_t word, unsigned bits)
{
    const uint32_t sum = state->a + mixed + word;
    state->a = state->d;
    state->d = state->c;
    state->c = state->b;
    state->b += turned_left(sum, bits);
}

// The four rounds of the RFC, 3.4. Unrolled, so that the words of the state keep to their registers
// and each step's constants stand in its instructions: half of the work otherwise.
static void add_block(struct state *state, const uint8_t *block)
{
    static const uint8_t turns[][4] = {
        {7, 12, 17, 22},
        {5, 9, 14, 20},
        {4, 11, 16, 23},
        {6, 10, 15, 21},
    };
    uint32_t words[BLOCK_WORDS];
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        memcpy(&words[i], block + i * sizeof *words, sizeof *words);
        words[i] = le32toh(words[i]);
    }
    struct state s = *state;
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++)
        step(&s, s.d ^ (s.b & (s.c ^ s.d)), words[i] + sines[i], turns[0][i % 4]);
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++)
        step(&s, s.c ^ (s.d & (s.b ^ s.c)), words[(5 * i + 1) % 16] + sines[16 + i],
            turns[1][i % 4]);
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++)
        step(&s, s.b ^ s.c ^ s.d, words[(3 * i + 5) % 16] + sines[32 + i], turns[2][i % 4]);
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++)
        step(&s, s.c ^ (s.b | ~s.d), words[7 * i % 16] + sines[48 + i], turns[3][i % 4]);
    state->a += s.a;
    state->b += s.b;
    state->c += s.c;
    state->d += s.d;
}

// What is left behind the whole blocks, a bit, and the number of bits at the end.
static void add_rest(struct state *state, struct str rest, size_t len)
{
    uint8_t blocks[2 * BLOCK_BYTES] = {0};
    memcpy(blocks, rest.ptr, rest.len);
    blocks[rest.len] = 0x80;
    const size_t bytes = rest.len < BLOCK_BYTES - LENGTH_BYTES ? BLOCK_BYTES : sizeof blocks;
    const uint64_t bits = htole64((uint64_t)len * 8);
    memcpy(blocks + bytes - LENGTH_BYTES, &bits, sizeof bits);
    for (size_t at = 0; at < bytes; at += BLOCK_BYTES)
        add_block(state, blocks + at);
}

struct md5 md5_of(struct str text)
{
    struct state state = {.a = 0x67452301, .b = 0xefcdab89, .c = 0x98badcfe, .d = 0x10325476};
    struct str rest = text;
    for (; rest.len >= BLOCK_BYTES; rest = str_after(rest, BLOCK_BYTES))
        add_block(&state, (const uint8_t *)rest.ptr);
    add_rest(&state, rest, text.len);
    const uint32_t words[] = {
        htole32(state.a), htole32(state.b), htole32(state.c), htole32(state.d)};
    struct md5 md5;
    memcpy(md5.bytes, words, sizeof md5.bytes);
    return md5;
}
