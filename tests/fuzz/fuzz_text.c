/* Whatever goes in, what comes out is safe, says where it ends, and loses nothing but bytes that
 * JSON cannot name. */
#include "ctlock/text.h"

#include "../safe_text.h"

#include <cJSON.h>
#include <stdint.h>
#include <stdlib.h>

static bool is_ascii_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("\"=\\", s.p[i]))
            return false;
    }
    return s.n > 0;
}

/* Inside of quotes no quote stands without a backslash. */
static bool quotes_hold(struct str s)
{
    if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
        return false;
    for (size_t i = 1; i < s.n - 1; i++) {
        if (s.p[i] == '"' || (s.p[i] == '\\' && ++i == s.n - 1))
            return false;
    }
    return true;
}

static bool is_utf8(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        size_t len = decode((const unsigned char *)s.p + i, s.n - i, &c);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

/* A JSON reader gets back what went in. */
static void check_json_reads(struct str json, struct str in)
{
    cJSON *read = cJSON_ParseWithLength(json.p, json.n);
    if (!read || !cJSON_IsString(read))
        abort();
    bool comparable = is_utf8(in) && (in.n == 0 || !memchr(in.p, '\0', in.n));
    if (comparable && !str_eq(str_of(cJSON_GetStringValue(read)), in))
        abort();
    cJSON_Delete(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct str in = {(const char *)data, nbytes};
    struct buf json = {0}, logfmt = {0}, plain = {0};
    text_json(&json, in);
    text_logfmt(&logfmt, in);
    text_plain(&plain, in);
    if (!text_is_safe(buf_view(&json)) || !text_is_safe(buf_view(&logfmt)) ||
        !text_is_safe(buf_view(&plain)))
        abort();
    if (!quotes_hold(buf_view(&json)))
        abort();
    check_json_reads(buf_view(&json), in);
    if (is_ascii_word(in) ? !str_eq(buf_view(&logfmt), in) : !quotes_hold(buf_view(&logfmt)))
        abort();
    if (plain.n < nbytes)
        abort();
    buf_free(&json);
    buf_free(&logfmt);
    buf_free(&plain);
    return 0;
}
