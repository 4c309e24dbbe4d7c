#include "ctlock/stateline.h"

#include "ctlock/byte.h"
#include "ctlock/jsonout.h"
#include "ctlock/text.h"
#include "ctlock/timestamp.h"

void stateline_begin(struct buf *out, const char *type)
{
    json_begin(out);
    json_name(out, "type");
    buf_putc(out, '"');
    buf_puts(out, type);
    buf_putc(out, '"');
}

void stateline_text(struct buf *out, const char *name, struct str text)
{
    if (!text.p)
        return;
    json_name(out, name);
    text_exact(out, text);
}

void stateline_number(struct buf *out, const char *name, int64_t n)
{
    json_number(out, name, n);
}

void stateline_time(struct buf *out, const char *name, int64_t time_s)
{
    if (time_s != TIME_NONE)
        json_number(out, name, time_s);
}

void stateline_flag(struct buf *out, const char *name, bool is_set)
{
    if (is_set)
        json_flag(out, name, true);
}

void stateline_ip(struct buf *out, const char *name, struct ip ip)
{
    if (!ip.family)
        return;
    json_name(out, name);
    buf_putc(out, '"');
    ip_format(ip, out);
    buf_putc(out, '"');
}

void stateline_hash(struct buf *out, const char *name, uint64_t hash)
{
    json_hash(out, name, hash);
}

void stateline_open(struct buf *out, const char *name, char bracket)
{
    json_open(out, name, bracket);
}

void stateline_close(struct buf *out, char bracket)
{
    json_close(out, bracket);
}

void stateline_end(struct buf *out)
{
    json_end(out);
}

void stateline_reject(struct stateline *l, const char *why)
{
    if (!l->why)
        l->why = why;
}

static bool next_is(const struct stateline *l, struct str text)
{
    return !l->why && str_starts(str_skip(l->line, l->at), text);
}

static bool take(struct stateline *l, struct str text)
{
    bool is_there = next_is(l, text);
    if (is_there)
        l->at += text.n;
    return is_there;
}

static bool take_char(struct stateline *l, char c)
{
    return take(l, (struct str){&c, 1});
}

/* The comma before what comes next, unless that is the first in its brackets. */
static bool take_comma(struct stateline *l)
{
    char before = l->at ? l->line.p[l->at - 1] : '{';
    return before == '{' || before == '[' || take_char(l, ',');
}

static bool take_name(struct stateline *l, const char *name)
{
    size_t at = l->at;
    if (l->why)
        return false;
    if (!take_comma(l)) {
        if (!name)
            stateline_reject(l, "no comma");
        return false;
    }
    if (!name || (take_char(l, '"') && take(l, str_of(name)) && take(l, STR("\":"))))
        return true;
    l->at = at;
    return false;
}

static bool read_hex(struct str digits, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.n; i++) {
        int v = byte_lower_hex(digits.p[i]);
        if (v < 0)
            return false;
        *out = *out << 4 | (uint64_t)v;
    }
    return true;
}

static void put_decoded(struct buf *out, uint64_t code)
{
    if (code >= 0xdc80 && code <= 0xdcff) {
        buf_putc(out, (char)(code - 0xdc00));
    } else if (code < 0x80) {
        buf_putc(out, (char)code);
    } else if (code < 0x800) {
        buf_putc(out, (char)(0xc0 | code >> 6));
        buf_putc(out, (char)(0x80 | (code & 0x3f)));
    } else {
        buf_putc(out, (char)(0xe0 | code >> 12));
        buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
        buf_putc(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* Decode the escape at the backslash where the reading stands. */
static bool take_escape(struct stateline *l)
{
    uint64_t code;
    struct str rest = str_skip(l->line, l->at);
    if (rest.n >= 6 && rest.p[1] == 'u' && read_hex((struct str){rest.p + 2, 4}, &code)) {
        put_decoded(&l->text, code);
        l->at += 6;
        return true;
    }
    if (rest.n < 2 || (rest.p[1] != '"' && rest.p[1] != '\\'))
        return false;
    buf_putc(&l->text, rest.p[1]);
    l->at += 2;
    return true;
}

/* The string whose first byte is next, up to its closing mark. */
static struct str take_escaped(struct stateline *l)
{
    size_t start = l->text.n;
    while (l->at < l->line.n && l->line.p[l->at] != '"')
        if (l->line.p[l->at] != '\\')
            buf_putc(&l->text, l->line.p[l->at++]);
        else if (!take_escape(l))
            break;
    return (struct str){l->text.p + start, l->text.n - start};
}

static struct str take_string(struct stateline *l)
{
    struct str text = {0};
    if (!take_char(l, '"')) {
        stateline_reject(l, "no text");
        return text;
    }
    size_t start = l->at;
    while (l->at < l->line.n && l->line.p[l->at] != '"' && l->line.p[l->at] != '\\')
        l->at++;
    text = (struct str){l->line.p + start, l->at - start};
    if (l->at < l->line.n && l->line.p[l->at] == '\\') {
        l->at = start;
        text = take_escaped(l);
    }
    if (take_char(l, '"'))
        return text;
    stateline_reject(l, "a text without end");
    return (struct str){0};
}

struct str stateline_start(struct stateline *l, struct str line)
{
    l->line = line;
    l->at = 0;
    l->why = NULL;
    buf_clear(&l->text);
    if (!buf_reserve(&l->text, line.n))
        stateline_reject(l, "out of memory");
    if (!take_char(l, '{'))
        stateline_reject(l, "not a line of a state");
    struct str type = stateline_read_text(l, "type");
    if (!type.p)
        stateline_reject(l, "not a line of a state");
    return type;
}

struct str stateline_read_text(struct stateline *l, const char *name)
{
    return take_name(l, name) ? take_string(l) : (struct str){0};
}

bool stateline_read_number(struct stateline *l, const char *name, int64_t *n)
{
    if (!take_name(l, name))
        return false;
    bool negative = take_char(l, '-'), fits = true;
    uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, value = 0;
    size_t start = l->at;
    for (; l->at < l->line.n && l->line.p[l->at] >= '0' && l->line.p[l->at] <= '9'; l->at++) {
        unsigned digit = (unsigned)(l->line.p[l->at] - '0');
        fits = fits && value <= (most - digit) / 10;
        value = value * 10 + digit;
    }
    if (l->at == start || !fits) {
        stateline_reject(l, "not a number");
        return false;
    }
    *n = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

int64_t stateline_read_time(struct stateline *l, const char *name)
{
    /* Of years 0001 to 9999, and what ends a while after them. */
    static const int64_t far_s = INT64_C(400) * 1000 * 1000 * 1000;
    int64_t time_s;
    if (!stateline_read_number(l, name, &time_s))
        return TIME_NONE;
    if (time_s < -far_s || time_s > far_s) {
        stateline_reject(l, "not a time");
        return TIME_NONE;
    }
    return time_s;
}

bool stateline_read_flag(struct stateline *l, const char *name)
{
    if (!take_name(l, name))
        return false;
    if (!take(l, STR("true")))
        stateline_reject(l, "not true");
    return !l->why;
}

struct ip stateline_read_ip(struct stateline *l, const char *name)
{
    struct ip ip = {0};
    struct str text = stateline_read_text(l, name);
    if (text.p && !ip_parse(text, &ip))
        stateline_reject(l, "not an address");
    return ip;
}

bool stateline_read_hash(struct stateline *l, const char *name, uint64_t *hash)
{
    struct str text = stateline_read_text(l, name);
    if (!text.p)
        return false;
    if (text.n == 16 && read_hex(text, hash))
        return true;
    stateline_reject(l, "not a hash");
    return false;
}

bool stateline_enter(struct stateline *l, const char *name, char bracket)
{
    if (!take_name(l, name))
        return false;
    if (take_char(l, bracket))
        return true;
    stateline_reject(l, "no list");
    return false;
}

bool stateline_more(struct stateline *l, char bracket)
{
    if (take_char(l, bracket))
        return false;
    if (l->at >= l->line.n)
        stateline_reject(l, "cut");
    return !l->why;
}

bool stateline_finish(struct stateline *l)
{
    if (!take_char(l, '}') || l->at != l->line.n)
        stateline_reject(l, "something that does not belong here");
    return !l->why;
}

void stateline_free(struct stateline *l)
{
    buf_free(&l->text);
}
