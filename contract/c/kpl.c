/* The Kinesis Producer Library's format and its routing, for thousands of records at a time.

   contract/kpl_write.py and producers/sdk/lanes/routing.py say what is done here, in Python; tests hold the two
   together, byte for byte. Called by contract/native.py, which checks all sizes: nothing is checked here. */

#include <stdlib.h>

#include "md5.h"

typedef uint8_t byte;
typedef uint32_t u32;

enum { MAGIC_BYTES = 4, FRAME_BYTES = MAGIC_BYTES + DIGEST };
enum { KEY = 0x0a, RECORD = 0x1a, KEY_INDEX = 0x08, DATA = 0x1a }; /* tags */
static const byte MAGIC[MAGIC_BYTES] = {0xf3, 0x89, 0x9a, 0xc2};

/* --- routing ----------------------------------------------------------------------------------------------------- */

static u32 lane_of(const byte *digest, const byte *lasts, u32 lanes)
{
    u32 low = 0, high = lanes;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (memcmp(lasts + DIGEST * (size_t)middle, digest, DIGEST) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Sort `count` keys, by their places, into lanes: `places` has those of lane 0, in their order, then those of lane 1,
   and so on; `counts` says how many each has. `lasts`: of each lane the last hash that is its own. `lane` and `next`
   are scratch, one a key and one a lane. */
void kpl_lanes(const byte *keys, const u32 *sizes, u32 count, const byte *lasts, u32 lanes, u32 *lane, u32 *next,
               u32 *places, u32 *counts)
{
    memset(counts, 0, lanes * sizeof *counts);
    for (u32 done = 0; done < count; done += ABREAST) {
        const byte *key[ABREAST];
        size_t size[ABREAST];
        byte digest[ABREAST][DIGEST];
        u32 now = count - done < ABREAST ? count - done : ABREAST;
        for (u32 n = 0; n < ABREAST; n++) {
            key[n] = keys;
            size[n] = n < now ? sizes[done + n] : 0;
            keys += size[n];
        }
        md5(key, size, digest);
        for (u32 n = 0; n < now; n++)
            counts[lane[done + n] = lane_of(digest[n], lasts, lanes)]++;
    }
    for (u32 n = 0, first = 0; n < lanes; first += counts[n++])
        next[n] = first;
    for (u32 n = 0; n < count; n++)
        places[next[lane[n]]++] = n;
}

/* --- packing ----------------------------------------------------------------------------------------------------- */

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

static byte *write_field(byte *to, byte tag, const byte *data, size_t size)
{
    *to++ = tag;
    to = write_varint(to, size);
    memcpy(to, data, size);
    return to + size;
}

static size_t field_size(size_t size) { return 1 + varint_size(size) + size; }

/* Without the tag and the length of the record itself. */
static size_t record_size(u32 number, size_t size) { return 1 + varint_size(number) + field_size(size); }

/* The distinct keys of one aggregate, numbered as they came; `slot` is a hash table of their numbers, by place + 1. */
typedef struct {
    const byte **key;
    u32 *size, *slot;
    u32 count, slots; /* a power of two, at least twice as many as there are keys */
} table;

static u32 *slot_of(const table *keys, const byte *key, u32 size, uint64_t seed)
{
    uint64_t hash = seed;
    for (u32 at = 0; at < size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, key + at, size - at < 8 ? size - at : 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    for (u32 slot = (u32)hash & (keys->slots - 1);; slot = (slot + 1) & (keys->slots - 1)) {
        u32 number = keys->slot[slot];
        if (!number || (keys->size[number - 1] == size && !memcmp(keys->key[number - 1], key, size)))
            return keys->slot + slot;
    }
}

typedef struct {
    const byte *keys, *data;
    const u32 *key_sizes, *data_sizes;
    u32 count;
} records;

/* How many of the records fit into one aggregate: the first does always. `numbers`: of each, its key's. */
static u32 choose(const records *of, size_t limit, uint64_t seed, table *keys, u32 *numbers)
{
    size_t size = FRAME_BYTES;
    const byte *key = of->keys;
    keys->count = 0;
    for (u32 n = 0; n < of->count; n++) {
        u32 *slot = slot_of(keys, key, of->key_sizes[n], seed);
        u32 number = *slot ? *slot - 1 : keys->count;
        size_t more = field_size(record_size(number, of->data_sizes[n]));
        if (!*slot)
            more += field_size(of->key_sizes[n]);
        if (n && size + more > limit)
            return n;
        if (!*slot) {
            keys->key[number] = key;
            keys->size[number] = of->key_sizes[n];
            *slot = ++keys->count;
        }
        numbers[n] = number;
        size += more;
        key += of->key_sizes[n];
    }
    return of->count;
}

static int is_plain(const records *of, u32 count)
{
    return count == 1 && (of->data_sizes[0] < MAGIC_BYTES || memcmp(of->data, MAGIC, MAGIC_BYTES));
}

/* The aggregate, but for its digest. */
static byte *write_body(byte *to, const records *of, u32 count, const table *keys, const u32 *numbers)
{
    const byte *data = of->data;
    memcpy(to, MAGIC, MAGIC_BYTES);
    to += MAGIC_BYTES;
    for (u32 n = 0; n < keys->count; n++)
        to = write_field(to, KEY, keys->key[n], keys->size[n]);
    for (u32 n = 0; n < count; n++) {
        *to++ = RECORD;
        to = write_varint(to, record_size(numbers[n], of->data_sizes[n]));
        *to++ = KEY_INDEX;
        to = write_varint(to, numbers[n]);
        to = write_field(to, DATA, data, of->data_sizes[n]);
        data += of->data_sizes[n];
    }
    return to;
}

static void skip(records *of, u32 count)
{
    for (u32 n = 0; n < count; n++) {
        of->keys += of->key_sizes[n];
        of->data += of->data_sizes[n];
    }
    of->key_sizes += count;
    of->data_sizes += count;
    of->count -= count;
}

/* Pack the records, one after another, into at most `most` aggregates, themselves at most ABREAST, one behind the
   other into `out`; `sizes` and `counts` are theirs. The records that are left at the end make one only where `all`
   says that no more will follow. How many were made; -1 where memory is out. */
int kpl_pack(const byte *keys, const u32 *key_sizes, const byte *data, const u32 *data_sizes, u32 count, size_t limit,
             uint64_t seed, int most, int all, byte *out, size_t *sizes, u32 *counts)
{
    records left = {keys, data, key_sizes, data_sizes, count};
    const byte *body[ABREAST] = {out, out, out, out, out, out, out, out};
    size_t body_size[ABREAST] = {0};
    byte digest[ABREAST][DIGEST];
    int made = 0;

    table found = {.slots = 2};
    while (found.slots < 2 * count)
        found.slots *= 2;
    found.key = malloc(count * sizeof *found.key);
    found.size = malloc(count * sizeof *found.size);
    found.slot = malloc(found.slots * sizeof *found.slot);
    u32 *numbers = malloc(count * sizeof *numbers);
    if (!found.key || !found.size || !found.slot || !numbers)
        made = -1;

    while (made >= 0 && made < most && left.count) {
        memset(found.slot, 0, found.slots * sizeof *found.slot);
        u32 taken = choose(&left, limit, seed, &found, numbers);
        if (taken == left.count && !all)
            break;
        byte *end;
        if (is_plain(&left, taken)) {
            memcpy(out, left.data, left.data_sizes[0]);
            end = out + left.data_sizes[0];
        } else {
            end = write_body(out, &left, taken, &found, numbers);
            body[made] = out + MAGIC_BYTES;
            body_size[made] = (size_t)(end - body[made]);
            end += DIGEST;
        }
        sizes[made] = (size_t)(end - out);
        counts[made++] = taken;
        out = end;
        skip(&left, taken);
    }
    if (made > 0) {
        md5(body, body_size, digest);
        for (int n = 0; n < made; n++)
            if (body_size[n])
                memcpy((byte *)body[n] + body_size[n], digest[n], DIGEST);
    }
    free(found.key);
    free(found.size);
    free(found.slot);
    free(numbers);
    return made;
}
