#include "ctlock/magic.h"

#include "ctlock/str.h"

/* None is the beginning of another, so that the first that fits is the only one. */
static const struct {
    struct str bytes;
    const char *what;
} known[] = {
    /* What an input begins with has been inflated already. */
    {{"\x1F\x8B", 2}, "gzip within gzip, or behind other bytes: unpack it first"},
    {{"\xFF\xFE", 2}, "UTF-16: convert it with iconv -f UTF-16 -t UTF-8 first"},
    {{"\xFE\xFF", 2}, "UTF-16: convert it with iconv -f UTF-16 -t UTF-8 first"},
    {{"PK\x03\x04", 4}, "a zip archive: unpack it with unzip first"},
    {{"BZh", 3}, "compressed by bzip2: unpack it with bzip2 -dc first"},
    {{"\xFD\x37zXZ\0", 6}, "compressed by xz: unpack it with xz -dc first"},
    {{"\x28\xB5\x2F\xFD", 4}, "compressed by zstd: unpack it with zstd -dc first"},
    {{"PAR1", 4}, "Parquet, not JSON"},
    {{"<", 1}, "XML or HTML, not JSON: an error page instead of the object?"},
};
enum { N_KNOWN = sizeof known / sizeof *known };

const char *magic_tell(const char *p, size_t nbytes, bool at_end)
{
    const struct str text = {p, nbytes};
    bool is_open = false;
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (str_starts(text, known[i].bytes))
            return known[i].what;
        is_open |= str_starts(known[i].bytes, text);
    }
    return is_open && !at_end ? NULL
                              : "no JSON at the beginning: CSV, or compressed, but not by gzip?";
}
