/* The Kinesis Producer Library's format. contract/kpl_write.py says what is done here, in Python; tests hold the two
   together, byte for byte. Called by contract/native.py; nothing is checked here. */

#include <stdlib.h>

#include "joined.h"
#include "md5.h"

enum { MAGIC_BYTES = 4, FRAME_BYTES = MAGIC_BYTES + DIGEST };
enum { KEY = 0x0a, RECORD = 0x1a, KEY_INDEX = 0x08, DATA = 0x1a }; /* tags */
static const byte MAGIC[MAGIC_BYTES] = {0xf3, 0x89, 0x9a, 0xc2};

static size_t varint_size(size_t value)
{
    size_t bytes = 1;
    while (value >>= 7)
        bytes++;
    return bytes;
}

static byte *write_varint(byte *to, size_t value)
{
    for (; value >= 128; value >>= 7)
        *to++ = (byte)(value | 128);
    *to++ = (byte)value;
    return to;
}

static byte *write_field(byte *to, byte tag, text data)
{
    *to++ = tag;
    to = write_varint(to, data.size);
    memcpy(to, data.at, data.size);
    return to + data.size;
}

static size_t field_size(size_t size) { return 1 + varint_size(size) + size; }

/* Without the tag and the length of the record itself. */
static size_t record_size(u32 number, size_t size) { return 1 + varint_size(number) + field_size(size); }

/* Some records of those that came together, by their places, in order. */
typedef struct {
    joined keys, data;
    const u32 *places;
    u32 count;
} run;

/* The record that is next: `at` this one of the first run, or behind the last one where no run is left. */
typedef struct {
    const run *runs;
    u32 left, at;
} cursor;

static void advance(cursor *next)
{
    if (++next->at == next->runs->count) {
        next->runs++;
        next->left--;
        next->at = 0;
    }
}

static text key_at(const cursor *next) { return text_of(next->runs->keys, next->runs->places[next->at]); }
static text data_at(const cursor *next) { return text_of(next->runs->data, next->runs->places[next->at]); }

/* The distinct keys of one aggregate, numbered as they came; `slot` is a hash table of their numbers + 1. */
typedef struct {
    text *key;
    u32 *slot, **used;
    u32 count, slots; /* a power of two, at least twice as many as there are keys */
} table;

static u32 *slot_of(const table *keys, text key, uint64_t seed)
{
    uint64_t hash = seed;
    for (u32 at = 0; at < key.size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, key.at + at, key.size - at < 8 ? key.size - at : 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    for (u32 slot = (u32)hash & (keys->slots - 1);; slot = (slot + 1) & (keys->slots - 1)) {
        u32 number = keys->slot[slot];
        if (!number || (keys->key[number - 1].size == key.size && !memcmp(keys->key[number - 1].at, key.at, key.size)))
            return keys->slot + slot;
    }
}

static void clear(table *keys)
{
    while (keys->count)
        *keys->used[--keys->count] = 0;
}

typedef struct {
    cursor end; /* behind its last record */
    size_t size;
    u32 count;
} choice;

/* What fits into one aggregate, the first record always. `numbers`: of each record, its key's. */
static choice choose(cursor next, size_t limit, uint64_t seed, table *keys, u32 *numbers)
{
    choice made = {next, FRAME_BYTES, 0};
    while (made.end.left) {
        text key = key_at(&made.end);
        u32 *slot = slot_of(keys, key, seed);
        u32 number = *slot ? *slot - 1 : keys->count;
        size_t more = field_size(record_size(number, data_at(&made.end).size)) + (*slot ? 0 : field_size(key.size));
        if (made.count && made.size + more > limit)
            break;
        if (!*slot) {
            keys->key[number] = key;
            keys->used[number] = slot;
            *slot = ++keys->count;
        }
        numbers[made.count++] = number;
        made.size += more;
        advance(&made.end);
    }
    return made;
}

static int is_like_an_aggregate(text data)
{
    return data.size >= MAGIC_BYTES && !memcmp(data.at, MAGIC, MAGIC_BYTES);
}

/* The aggregate, but for its digest. */
static void write_body(byte *to, cursor next, u32 count, const table *keys, const u32 *numbers)
{
    memcpy(to, MAGIC, MAGIC_BYTES);
    to += MAGIC_BYTES;
    for (u32 n = 0; n < keys->count; n++)
        to = write_field(to, KEY, keys->key[n]);
    for (u32 n = 0; n < count; n++) {
        text data = data_at(&next);
        *to++ = RECORD;
        to = write_varint(to, record_size(numbers[n], data.size));
        *to++ = KEY_INDEX;
        to = write_varint(to, numbers[n]);
        to = write_field(to, DATA, data);
        advance(&next);
    }
}

/* For as many records as one aggregate may take of those that are left. */
static int has_memory(table *keys, u32 **numbers, const cursor *next, size_t limit)
{
    size_t left = 0, most = limit / 6 + 1; /* each takes 6 bytes at least */
    for (u32 n = 0; n < next->left; n++)
        left += next->runs[n].count;
    most = left < most ? left : most;
    for (keys->slots = 2; keys->slots < 2 * most; keys->slots *= 2)
        ;
    keys->key = malloc(most * sizeof *keys->key);
    keys->used = malloc(most * sizeof *keys->used);
    keys->slot = calloc(keys->slots, sizeof *keys->slot);
    *numbers = malloc(most * sizeof **numbers);
    return keys->key && keys->used && keys->slot && *numbers;
}

/* Pack the records from `next` on, one after another, into at most ABREAST aggregates, one behind the other into
   `out`, which has so much room; `sizes` and `counts` are theirs. How many were made, and `next` is behind them. None,
   and `sizes[0]`, where there is less room than one takes; -1 where memory is out. */
int kpl_pack(cursor *next, size_t limit, uint64_t seed, byte *out, size_t room, size_t *sizes, u32 *counts)
{
    const byte *body[ABREAST] = {out, out, out, out, out, out, out, out};
    size_t body_size[ABREAST] = {0};
    byte digest[ABREAST][DIGEST];
    table keys = {0};
    u32 *numbers = NULL;
    int made = has_memory(&keys, &numbers, next, limit) ? 0 : -1;

    while (made >= 0 && made < ABREAST && next->left) {
        choice chosen = choose(*next, limit, seed, &keys, numbers);
        text first = data_at(next);
        int is_plain = chosen.count == 1 && !is_like_an_aggregate(first);
        size_t size = is_plain ? first.size : chosen.size;
        sizes[made] = size;
        counts[made] = chosen.count;
        if (size > room)
            break;
        if (is_plain) {
            memcpy(out, first.at, first.size);
        } else {
            write_body(out, *next, chosen.count, &keys, numbers);
            body[made] = out + MAGIC_BYTES;
            body_size[made] = size - FRAME_BYTES;
        }
        clear(&keys);
        out += size;
        room -= size;
        *next = chosen.end;
        made++;
    }
    if (made > 0)
        md5(body, body_size, digest);
    for (int n = 0; n < made; n++)
        if (body_size[n])
            memcpy((byte *)body[n] + body_size[n], digest[n], DIGEST);
    free(keys.key);
    free(keys.used);
    free(keys.slot);
    free(numbers);
    return made;
}
