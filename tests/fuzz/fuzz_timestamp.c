/* Every reader of times: what it accepts is in the calendar, and says the same again when written.
 */
#include "ctlock/duration.h"
#include "ctlock/timestamp.h"

#include <stdint.h>
#include <stdlib.h>

static const int64_t first_s = -62135596800, last_s = 253402300799;

/* Written and read again, time_s is itself. */
static void survives_text(int64_t time_s)
{
    struct buf b = {0};
    timestamp_format(time_s, &b);
    int64_t again;
    if (b.failed || b.n != 20 || !timestamp_parse(buf_view(&b), &again) || again != time_s)
        abort();
    struct buf twice = {0};
    timestamp_format(again, &twice);
    if (!str_eq(buf_view(&b), buf_view(&twice)))
        abort();
    buf_free(&b);
    buf_free(&twice);
}

static void check(bool (*parse)(struct str, int64_t *), struct str text, int64_t step_s)
{
    int64_t time_s = 4711, again_s = 4711;
    bool ok = parse(text, &time_s);
    if (!ok && time_s != 4711)
        abort();
    if (parse(text, &again_s) != ok || again_s != time_s)
        abort();
    if (!ok)
        return;
    if (time_s < first_s || time_s > last_s || time_s % step_s != 0)
        abort();
    survives_text(time_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct str text = {(const char *)data, nbytes};
    check(timestamp_parse, text, 1);
    check(timestamp_parse_expiration, text, 1);
    check(timestamp_parse_object_name, text, 60);
    check(timestamp_parse_date, text, 86400);

    int64_t time_s;
    if (timestamp_parse(text, &time_s) && !timestamp_parse_expiration(text, &time_s))
        abort();
    if (duration_parse(text, &time_s) && (time_s < 0 || time_s > (int64_t)36525 * 86400))
        abort();
    if (nbytes == sizeof time_s) {
        struct buf b = {0};
        memcpy(&time_s, data, sizeof time_s);
        timestamp_format(time_s, &b);
        if (time_s >= first_s && time_s <= last_s)
            survives_text(time_s);
        buf_free(&b);
    }
    return 0;
}
