/* MD5 (RFC 1321) of several texts at once, one in each element of a vector: five times as fast as one by one.

   Each of the 64 steps waits for the one before it, so one text leaves most of a processor idle. Kinesis asks for MD5
   of every partition key and of every aggregate; neither is a matter of security. */

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ABREAST 8 /* texts */
#define DIGEST 16 /* bytes */
#define BLOCK 64

typedef uint32_t vector __attribute__((vector_size(4 * ABREAST)));

static inline uint32_t little_endian(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline void write_little_endian(uint8_t *to, uint64_t value, int bytes)
{
    for (int n = 0; n < bytes; n++)
        to[n] = (uint8_t)(value >> 8 * n);
}

/* The next block of each text. `state` is the RFC's A, B, C, D. */
static inline void md5_block(vector state[4], const uint8_t *const text[ABREAST])
{
    vector x[16];
    for (int word = 0; word < 16; word++)
        for (int n = 0; n < ABREAST; n++)
            x[word][n] = little_endian(text[n] + 4 * word);
    vector a = state[0], b = state[1], c = state[2], d = state[3];

#define F(x, y, z) (z ^ (x & (y ^ z)))
#define G(x, y, z) (y ^ (z & (x ^ y)))
#define H(x, y, z) (x ^ y ^ z)
#define I(x, y, z) (y ^ (x | ~z))
#define STEP(f, a, b, c, d, word, turn, constant) \
    a += f(b, c, d) + x[word] + constant;         \
    a = b + (a << turn | a >> (32 - turn));
#define FOUR(f, w0, w1, w2, w3, t0, t1, t2, t3, k0, k1, k2, k3) \
    STEP(f, a, b, c, d, w0, t0, k0)                             \
    STEP(f, d, a, b, c, w1, t1, k1)                             \
    STEP(f, c, d, a, b, w2, t2, k2)                             \
    STEP(f, b, c, d, a, w3, t3, k3)

    FOUR(F, 0, 1, 2, 3, 7, 12, 17, 22, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee)
    FOUR(F, 4, 5, 6, 7, 7, 12, 17, 22, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501)
    FOUR(F, 8, 9, 10, 11, 7, 12, 17, 22, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be)
    FOUR(F, 12, 13, 14, 15, 7, 12, 17, 22, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821)
    FOUR(G, 1, 6, 11, 0, 5, 9, 14, 20, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa)
    FOUR(G, 5, 10, 15, 4, 5, 9, 14, 20, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8)
    FOUR(G, 9, 14, 3, 8, 5, 9, 14, 20, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed)
    FOUR(G, 13, 2, 7, 12, 5, 9, 14, 20, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a)
    FOUR(H, 5, 8, 11, 14, 4, 11, 16, 23, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c)
    FOUR(H, 1, 4, 7, 10, 4, 11, 16, 23, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70)
    FOUR(H, 13, 0, 3, 6, 4, 11, 16, 23, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05)
    FOUR(H, 9, 12, 15, 2, 4, 11, 16, 23, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665)
    FOUR(I, 0, 7, 14, 5, 6, 10, 15, 21, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039)
    FOUR(I, 12, 3, 10, 1, 6, 10, 15, 21, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1)
    FOUR(I, 8, 15, 6, 13, 6, 10, 15, 21, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1)
    FOUR(I, 4, 11, 2, 9, 6, 10, 15, 21, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391)

#undef F
#undef G
#undef H
#undef I
#undef STEP
#undef FOUR
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

/* The digests of ABREAST texts, of any lengths; as fast as the longest. */
static void md5(const uint8_t *const text[ABREAST], const size_t size[ABREAST], uint8_t digest[ABREAST][DIGEST])
{
    const vector none = {0};
    vector state[4] = {none + 0x67452301, none + 0xefcdab89, none + 0x98badcfe, none + 0x10325476};
    uint8_t padded[ABREAST][2 * BLOCK] = {{0}}; /* what follows each text's last whole block */
    size_t whole[ABREAST], blocks[ABREAST], most = 0;

    for (int n = 0; n < ABREAST; n++) {
        size_t rest = size[n] % BLOCK;
        whole[n] = size[n] / BLOCK;
        memcpy(padded[n], text[n] + size[n] - rest, rest);
        padded[n][rest] = 0x80;
        size_t last = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
        write_little_endian(padded[n] + last - 8, (uint64_t)size[n] * 8, 8);
        blocks[n] = whole[n] + last / BLOCK;
        most = blocks[n] > most ? blocks[n] : most;
    }
    for (size_t block = 0; block < most; block++) {
        const uint8_t *at[ABREAST];
        for (int n = 0; n < ABREAST; n++)
            at[n] = block < whole[n]    ? text[n] + BLOCK * block
                    : block < blocks[n] ? padded[n] + BLOCK * (block - whole[n])
                                        : padded[n]; /* it is done: what comes of this is not looked at */
        md5_block(state, at);
        for (int n = 0; n < ABREAST; n++)
            if (block + 1 == blocks[n])
                for (int word = 0; word < 4; word++)
                    write_little_endian(digest[n] + 4 * word, state[word][n], 4);
    }
}
