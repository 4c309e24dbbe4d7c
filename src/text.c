#include "ctlock/text.h"

#include <stdint.h>

enum form { FORM_JSON, FORM_EXACT, FORM_LOGFMT, FORM_PLAIN };

/* Length of the UTF-8 character at p, n > 0 bytes before the end; 0 if it is none (RFC 3629). */
static size_t utf8_char(const unsigned char *p, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc0 || p[0] > 0xf4 || len > n)
        return 0;
    uint32_t c = p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code = c;
    return len;
}

/* The list in text.h. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static inline bool is_plain_ascii(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_hex(struct buf *out, uint32_t v, int n_digits)
{
    for (int shift = 4 * (n_digits - 1); shift >= 0; shift -= 4)
        buf_putc(out, "0123456789abcdef"[v >> shift & 15]);
}

static void put_unsafe(struct buf *out, uint32_t code, enum form form)
{
    if (form == FORM_JSON || form == FORM_EXACT) {
        buf_puts(out, "\\u");
        put_hex(out, code, 4);
    } else if (code == '\n' || code == '\r' || code == '\t') {
        buf_putc(out, '\\');
        buf_putc(out, code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
    } else {
        buf_puts(out, "\\u{");
        put_hex(out, code, 4);
        buf_putc(out, '}');
    }
}

static void put_bad_byte(struct buf *out, unsigned char byte, enum form form)
{
    if (form == FORM_JSON) {
        buf_puts(out, "\\ufffd");
        return;
    }
    buf_puts(out, form == FORM_EXACT ? "\\udc" : "\\x");
    put_hex(out, byte, 2);
}

static void put_text(struct buf *out, struct str s, enum form form)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;
    while (i < s.n) {
        size_t run = i;
        while (run < s.n && is_plain_ascii(p[run]))
            run++;
        if (run > i) {
            buf_add(out, p + i, run - i);
            i = run;
            continue;
        }
        uint32_t code = 0;
        size_t len = utf8_char(p + i, s.n - i, &code);
        if (len == 0) {
            put_bad_byte(out, p[i], form);
            i++;
            continue;
        }
        if (is_unsafe(code)) {
            put_unsafe(out, code, form);
        } else {
            if (code == '\\' || (code == '"' && form != FORM_PLAIN))
                buf_putc(out, '\\');
            buf_add(out, p + i, len);
        }
        i += len;
    }
}

void text_json(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    put_text(out, s, FORM_JSON);
    buf_putc(out, '"');
}

void text_exact(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    put_text(out, s, FORM_EXACT);
    buf_putc(out, '"');
}

void text_logfmt(struct buf *out, struct str s)
{
    bool bare = s.n > 0;
    for (size_t i = 0; i < s.n && bare; i++)
        bare = is_plain_ascii((unsigned char)s.p[i]) && s.p[i] != ' ' && s.p[i] != '=';
    if (bare) {
        buf_str(out, s);
        return;
    }
    buf_putc(out, '"');
    put_text(out, s, FORM_LOGFMT);
    buf_putc(out, '"');
}

void text_plain(struct buf *out, struct str s)
{
    put_text(out, s, FORM_PLAIN);
}
