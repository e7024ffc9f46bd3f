#include "base/md5.h"

#include <assert.h>
#include <endian.h>

enum {
    BLOCK_BYTES = 64,
    BLOCK_WORDS = 16,
    LENGTH_BYTES = 8
};

// The same word of several texts, in a vector of the compiler's.
// https://gcc.gnu.org/onlinedocs/gcc/Vector-Extensions.html
typedef uint32_t words __attribute__((vector_size(MD5_AT_ONCE * sizeof(uint32_t))));

// Compiled twice where that is possible: a processor with vectors of 32 bytes needs half as many
// instructions, and half of their bytes in its cache. The loader chooses. All that works on vectors
// is compiled into that one function, since what is written in two halves and read as one waits.
// https://gcc.gnu.org/onlinedocs/gcc/x86-Function-Attributes.html
#if defined(__x86_64__) && defined(__GLIBC__)
#define FOR_EITHER_WIDTH __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EITHER_WIDTH
#endif
#define PART_OF_IT static inline __attribute__((always_inline))

struct state {
    words a;
    words b;
    words c;
    words d;
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

PART_OF_IT void step(
    struct state *s, const words *mixed, const words *word, uint32_t sine, int turn)
{
    const words sum = s->a + *mixed + *word + sine;
    s->a = s->d;
    s->d = s->c;
    s->c = s->b;
    s->b += sum << turn | sum >> (32 - turn);
}

// The four rounds of the RFC, 3.4. Unrolled, so that the words of the state keep to their registers
// and each step's constants stand in its instructions.
PART_OF_IT void add_blocks(struct state *state, const words *block)
{
    static const int turns[][4] = {
        {7, 12, 17, 22},
        {5, 9, 14, 20},
        {4, 11, 16, 23},
        {6, 10, 15, 21},
    };
    struct state s = *state;
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        const words mixed = s.d ^ (s.b & (s.c ^ s.d));
        step(&s, &mixed, &block[i], sines[i], turns[0][i % 4]);
    }
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        const words mixed = s.c ^ (s.d & (s.b ^ s.c));
        step(&s, &mixed, &block[(5 * i + 1) % 16], sines[16 + i], turns[1][i % 4]);
    }
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        const words mixed = s.b ^ s.c ^ s.d;
        step(&s, &mixed, &block[(3 * i + 5) % 16], sines[32 + i], turns[2][i % 4]);
    }
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        const words mixed = s.c ^ (s.b | ~s.d);
        step(&s, &mixed, &block[7 * i % 16], sines[48 + i], turns[3][i % 4]);
    }
    state->a += s.a;
    state->b += s.b;
    state->c += s.c;
    state->d += s.d;
}

// Behind the text come a bit, zeros, and the number of bits that the text has.
PART_OF_IT size_t blocks_of(struct str text)
{
    return (text.len + LENGTH_BYTES) / BLOCK_BYTES + 1;
}

// What the block of that number holds; it is zero.
PART_OF_IT void fill_block(uint8_t *block, struct str text, size_t number)
{
    const size_t at = number * BLOCK_BYTES;
    if (at + BLOCK_BYTES <= text.len)
        memcpy(block, text.ptr + at, BLOCK_BYTES);
    else if (at < text.len)
        memcpy(block, text.ptr + at, text.len - at);
    if (text.len >= at && text.len < at + BLOCK_BYTES)
        block[text.len - at] = 0x80;
    if (number + 1 == blocks_of(text)) {
        const uint64_t bits = htole64((uint64_t)text.len * 8);
        memcpy(block + BLOCK_BYTES - LENGTH_BYTES, &bits, sizeof bits);
    }
}

// The block of that number of each text that has one, each word beside those of the others.
PART_OF_IT void fill_blocks(words *block, const struct str *texts, size_t count, size_t number)
{
    uint32_t own[MD5_AT_ONCE][BLOCK_WORDS] = {0};
    for (size_t i = 0; i < count; i++)
        fill_block((uint8_t *)own[i], texts[i], number);
    for (size_t w = 0; w < BLOCK_WORDS; w++) {
#pragma GCC unroll 8
        for (size_t i = 0; i < MD5_AT_ONCE; i++)
            block[w][i] = le32toh(own[i][w]);
    }
}

PART_OF_IT struct md5 digest_of(const struct state *state, size_t i)
{
    const uint32_t own[] = {
        htole32(state->a[i]), htole32(state->b[i]), htole32(state->c[i]), htole32(state->d[i])};
    struct md5 md5;
    memcpy(md5.bytes, own, sizeof md5.bytes);
    return md5;
}

FOR_EITHER_WIDTH static void hash_each(const struct str *texts, size_t count, struct md5 *digests)
{
    struct state state = {
        .a = (words){0} + 0x67452301,
        .b = (words){0} + 0xefcdab89,
        .c = (words){0} + 0x98badcfe,
        .d = (words){0} + 0x10325476,
    };
    size_t done = 0;
    for (size_t number = 0; done < count; number++) {
        words block[BLOCK_WORDS];
        fill_blocks(block, texts, count, number);
        add_blocks(&state, block);
        for (size_t i = 0; i < count; i++) {
            if (blocks_of(texts[i]) != number + 1)
                continue;
            digests[i] = digest_of(&state, i);
            done++;
        }
    }
}

void md5_of_each(const struct str *texts, size_t count, struct md5 *digests)
{
    assert(count <= MD5_AT_ONCE);
    hash_each(texts, count, digests);
}
