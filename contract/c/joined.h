/* Many byte strings as one; contract/joined.py has them in Python. */

#pragma once

#include <stdint.h>

typedef uint8_t byte;
typedef uint32_t u32;

/* Byte strings, one behind the other: `bounds` says where each begins, and where the last one ends. */
typedef struct {
    const byte *data;
    const u32 *bounds;
} joined;

typedef struct {
    const byte *at;
    u32 size;
} text;

static inline text text_of(joined all, u32 place)
{
    return (text){all.data + all.bounds[place], all.bounds[place + 1] - all.bounds[place]};
}
