/* producers/sdk/lanes/routing.py says what is done here, in Python; tests hold the two together.

   Called by contract/native.py; nothing is checked here. */

#include "joined.h"
#include "md5.h"

/* Of what contract/native.py calls: whoever changes that, changes both. */
const int native_version = 1;

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
void kpl_lanes(const joined *keys, u32 count, const byte *lasts, u32 lanes, u32 *lane, u32 *next, u32 *places,
               u32 *counts)
{
    memset(counts, 0, lanes * sizeof *counts);
    for (u32 done = 0; done < count; done += ABREAST) {
        const byte *key[ABREAST];
        size_t size[ABREAST];
        byte digest[ABREAST][DIGEST];
        u32 now = count - done < ABREAST ? count - done : ABREAST;
        for (u32 n = 0; n < ABREAST; n++) {
            text one = text_of(*keys, done + (n < now ? n : 0)); /* the first one stands in for those that are none */
            key[n] = one.at;
            size[n] = one.size;
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
