/* The first byte chooses the form, the rest is a file of rules. It is refused with a safe message
 * that names a line of the file, or its rules are found as a scan of them in order would find them.
 */
#include "ctlock/exceptions.h"

#include "../safe_text.h"
#include "ctlock/timestamp.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static size_t count_lines(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void check_message(struct str why, struct str text)
{
    if (!text_is_safe(why) || !str_starts(why, STR("f:")))
        abort();
    size_t line = 0, i = 2;
    for (; i < why.n && why.p[i] >= '0' && why.p[i] <= '9'; i++)
        line = line * 10 + (size_t)(why.p[i] - '0');
    if (line < 1 || line > count_lines(text) || !str_starts(str_skip(why, i), STR(": ")))
        abort();
}

/* The rule on its own fits whatever it fits among others, if no rule before it does. */
static void check_find(const struct exceptions *x, const struct exception_query *q)
{
    long found = exceptions_find(x, q);
    if (found < -1 || found >= (long)exceptions_count(x))
        abort();
    for (size_t i = 0; i < exceptions_count(x) && i < 50; i++) {
        struct exception_info info;
        exceptions_get(x, i, &info);
        struct exceptions *alone = exceptions_new();
        struct buf why = {0};
        if (!alone || !exceptions_parse(alone, "f", info.text, false, &why))
            abort();
        bool fits = exceptions_find(alone, q) == 0;
        exceptions_free(alone);
        if (fits && (found < 0 || (size_t)found > i))
            abort();
        if (!fits && found == (long)i)
            abort();
    }
}

static void check_rules(const struct exceptions *x, struct str text, bool json)
{
    struct exception_query q = {
        .partition = STR("aws"),
        .account = STR("1"),
        .role = STR("app"),
        .instance = STR("i-0123456789abcdef0"),
        .event_source = STR("s3.amazonaws.com"),
        .event_name = STR("GetObject"),
        .kind = KIND_NEW_PATH,
        .time_s = 1700000000,
    };
    static const char *const addresses[] = {"10.0.0.1", "8.8.8.8", "::1", "2001:db8::1"};
    for (size_t i = 0; i < exceptions_count(x); i++) {
        struct exception_info info;
        exceptions_get(x, i, &info);
        if (info.line < 1 || info.line > count_lines(text) || strcmp(info.file, "f") != 0 ||
            info.text.n == 0 || info.matches != 0)
            abort();
    }
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses && !json; i++) {
        if (!ip_parse(str_of(addresses[i]), &q.ip))
            abort();
        check_find(x, &q);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    if (nbytes == 0)
        return 0;
    bool json = data[0] == 'j';
    struct str text = {(const char *)data + 1, nbytes - 1};
    struct buf why = {0};
    struct exceptions *x = exceptions_new();
    if (!x)
        abort();
    if (exceptions_parse(x, "f", text, json, &why)) {
        if (why.n > 0)
            abort();
        check_rules(x, text, json);
    } else {
        if (exceptions_count(x) > 0)
            abort();
        check_message(buf_view(&why), text);
    }
    exceptions_free(x);
    buf_free(&why);
    return 0;
}
