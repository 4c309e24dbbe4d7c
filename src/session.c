#include "ctlock/session.h"

#include "ctlock/byte.h"
#include "ctlock/word.h"

#include <stddef.h>
#include <stdint.h>

/* Bit 7 of each byte of text that is greater than last; none has bit 7 set. */
static inline uint64_t above(uint64_t text, char last)
{
    return text + WORD_EACH_BYTE * (0x7fU - (unsigned char)last);
}

/* Eight ASCII letters and digits, in any order. */
static inline bool are_alnum(uint64_t text)
{
    uint64_t low = text & WORD_EACH_BYTE * 0x7f, lower = low | WORD_EACH_BYTE * 0x20;
    uint64_t digit = above(low, '0' - 1) & ~above(low, '9');
    uint64_t letter = above(lower, 'a' - 1) & ~above(lower, 'z');

    return ((digit | letter) & ~text & WORD_EACH_BYTE * 0x80) == WORD_EACH_BYTE * 0x80;
}

/* Take the text up to the next byte c off the front of s, and c with it. False where there is none
 * or nothing stands before it. */
static bool take_until(struct str *s, char c, struct str *out)
{
    const char *end = s->n ? memchr(s->p, c, s->n) : NULL;

    if (end == NULL || end == s->p)
        return false;
    *out = (struct str){s->p, (size_t)(end - s->p)};
    *s = str_skip(*s, out->n + 1);
    return true;
}

static bool take_word(struct str *s, struct str word)
{
    if (!str_starts(*s, word))
        return false;
    *s = str_skip(*s, word.n);
    return true;
}

/* The text behind the last slash of s, and in *before what stands between that and the slash before
 * it, or the beginning; without a slash, all of s and nothing. */
static struct str split_last(struct str s, struct str *before)
{
    const char *slash;

    *before = (struct str){0};
    while (s.n > 0 && (slash = memchr(s.p, '/', s.n)) != NULL) {
        *before = (struct str){s.p, (size_t)(slash - s.p)};
        s = str_skip(s, before->n + 1);
    }
    return s;
}

/* `arn:PARTITION:SERVICE::ACCOUNT:`; s is then what follows. */
static bool take_head(struct str *s, struct session_parts *parts, struct str *service)
{
    return take_word(s, STR("arn:")) && take_until(s, ':', &parts->partition) &&
           take_until(s, ':', service) && take_word(s, STR(":")) &&
           take_until(s, ':', &parts->account);
}

/* The same without a search where all has its usual length. The service may then be any three
 * bytes, a colon among them: callers want `sts` or `iam`. */
static inline bool take_usual_head(struct str *s, struct session_parts *parts, struct str *service)
{
    enum { SERVICE = 8, ACCOUNT = 13, END = 25 };
    const char *p = s->p;

    if (s->n <= END || memcmp(p, "arn:aws:", 8) != 0 || memcmp(p + ACCOUNT - 2, "::", 2) != 0 ||
        p[END] != ':' || !are_alnum(word_le64(p + ACCOUNT)) || !are_alnum(word_le64(p + END - 8)))
        return take_head(s, parts, service);
    parts->partition = (struct str){p + 4, 3};
    *service = (struct str){p + SERVICE, 3};
    parts->account = (struct str){p + ACCOUNT, END - ACCOUNT};
    *s = str_skip(*s, END + 1);
    return true;
}

bool session_parse(struct str arn, struct session_parts *out)
{
    struct session_parts parts = {0};
    struct str service;

    if (!take_usual_head(&arn, &parts, &service) || !take_word(&arn, STR("assumed-role/")))
        return false;
    if (!str_eq(service, STR("sts")) && !str_eq(service, STR("iam")))
        return false;
    parts.session = split_last(arn, &parts.role);
    if (parts.session.n == 0 || parts.role.n == 0)
        return false;
    *out = parts;
    return true;
}

bool session_parse_role(struct str arn, struct session_parts *out)
{
    struct session_parts parts = {0};
    struct str service, path;

    if (!take_usual_head(&arn, &parts, &service) || !take_word(&arn, STR("role/")))
        return false;
    if (!str_eq(service, STR("iam")))
        return false;
    parts.role = split_last(arn, &path);
    if (parts.role.n == 0)
        return false;
    *out = parts;
    return true;
}

bool session_is_instance(struct str session_name)
{
    const char *p = session_name.p;
    size_t n = session_name.n;

    if (n < 2 + 8 || p[0] != 'i' || p[1] != '-')
        return false;
    for (size_t i = 2; i < n - 8; i += 8)
        if (!are_alnum(word_le64(p + i)))
            return false;
    return are_alnum(word_le64(p + n - 8));
}

bool session_is_account(struct str account)
{
    if (account.n != 12)
        return false;
    for (size_t i = 0; i < account.n; i++)
        if (!byte_is_digit(account.p[i]))
            return false;
    return true;
}

void session_format(const struct session_parts *s, struct buf *out)
{
    buf_puts(out, "arn:");
    buf_str(out, s->partition);
    buf_puts(out, ":sts::");
    buf_str(out, s->account);
    buf_puts(out, ":assumed-role/");
    buf_str(out, s->role);
    buf_putc(out, '/');
    buf_str(out, s->session);
}
