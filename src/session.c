#include "ctlock/session.h"

#include <stddef.h>

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

bool session_parse(struct str arn, struct session_parts *out)
{
    struct session_parts parts = {0};
    struct str service;

    if (!take_head(&arn, &parts, &service) || !take_word(&arn, STR("assumed-role/")))
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

    if (!take_head(&arn, &parts, &service) || !take_word(&arn, STR("role/")))
        return false;
    if (!str_eq(service, STR("iam")))
        return false;
    parts.role = split_last(arn, &path);
    if (parts.role.n == 0)
        return false;
    *out = parts;
    return true;
}

static const bool is_alnum[256] = {
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
    ['8'] = 1, ['9'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1,
    ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1,
    ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1,
    ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1,
    ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1,
    ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1,
    ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

bool session_is_instance(struct str session_name)
{
    unsigned others = 0;

    if (session_name.n < 2 + 8 || session_name.p[0] != 'i' || session_name.p[1] != '-')
        return false;
    for (size_t i = 2; i < session_name.n; i++)
        others |= !is_alnum[(unsigned char)session_name.p[i]];
    return others == 0;
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
