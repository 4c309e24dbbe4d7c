#include "ctlock/jsonout.h"

#include "ctlock/text.h"
#include "ctlock/timestamp.h"

void json_begin(struct buf *out)
{
    buf_putc(out, '{');
}

void json_end(struct buf *out)
{
    buf_add(out, "}\n", 2);
}

/* A state has millions of names: room is made once for each. */
void json_name(struct buf *out, const char *name)
{
    char before = out->n ? out->p[out->n - 1] : '{';
    struct str text = str_of(name);
    if (!buf_reserve(out, text.n + 4))
        return;
    if (before != '{' && before != '[')
        out->p[out->n++] = ',';
    if (!name)
        return;
    char *to = out->p + out->n;
    to[0] = '"';
    memcpy(to + 1, text.p, text.n);
    to[text.n + 1] = '"';
    to[text.n + 2] = ':';
    out->n += text.n + 3;
}

void json_open(struct buf *out, const char *name, char bracket)
{
    json_name(out, name);
    buf_putc(out, bracket);
}

void json_close(struct buf *out, char bracket)
{
    buf_putc(out, bracket);
}

void json_text(struct buf *out, const char *name, struct str text)
{
    json_name(out, name);
    if (text.p)
        text_json(out, text);
    else
        buf_add(out, "null", 4);
}

void json_time(struct buf *out, const char *name, int64_t time_s)
{
    json_name(out, name);
    if (time_s == TIME_NONE) {
        buf_add(out, "null", 4);
        return;
    }
    buf_putc(out, '"');
    timestamp_format(time_s, out);
    buf_putc(out, '"');
}

/* A million rows are written in seconds, which printf alone would take. */
static void put_digits(struct buf *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    buf_add(out, digits + at, sizeof digits - at);
}

void json_number(struct buf *out, const char *name, int64_t n)
{
    json_name(out, name);
    if (n < 0)
        buf_putc(out, '-');
    put_digits(out, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void json_count(struct buf *out, const char *name, uint64_t n)
{
    json_name(out, name);
    put_digits(out, n);
}

void json_flag(struct buf *out, const char *name, bool is_set)
{
    json_name(out, name);
    buf_puts(out, is_set ? "true" : "false");
}

void json_hash(struct buf *out, const char *name, uint64_t hash)
{
    char text[18] = "\"";
    for (int i = 0; i < 16; i++)
        text[1 + i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    text[17] = '"';
    json_name(out, name);
    buf_add(out, text, sizeof text);
}
