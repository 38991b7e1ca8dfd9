/* producers/sdk/numbering.py says what is done here, in Python; tests hold the two together, byte for byte.

   Called by contract/native.py; nothing is checked here. */

#include <string.h>

#include "joined.h"

/* Copy JSON lines, one behind the other, to `out`, each with `stamp` and its number, from `first` on, before its closing
   brace. Those of the places `foreign`, in order, are left as they are and take no number. `bounds` are those of what
   is written. */
void kpl_numbered(const byte *lines, const u32 *sizes, u32 count, const byte *stamp, u32 stamp_size, uint64_t first,
                  const u32 *foreign, u32 foreigners, byte *out, u32 *bounds)
{
    byte *to = out;
    for (u32 n = 0; n < count; lines += sizes[n++]) {
        bounds[n] = (u32)(to - out);
        if (foreigners && *foreign == n) {
            memcpy(to, lines, sizes[n]);
            to += sizes[n];
            foreign++;
            foreigners--;
            continue;
        }
        byte digits[20], *digit = digits + sizeof digits;
        for (uint64_t rest = first++; digit == digits + sizeof digits || rest; rest /= 10)
            *--digit = (byte)('0' + rest % 10);
        size_t length = (size_t)(digits + sizeof digits - digit);
        memcpy(to, lines, sizes[n] - 2);
        to += sizes[n] - 2;
        memcpy(to, stamp, stamp_size);
        to += stamp_size;
        memcpy(to, digit, length);
        to += length;
        *to++ = '}';
        *to++ = '\n';
    }
    bounds[count] = (u32)(to - out);
}
