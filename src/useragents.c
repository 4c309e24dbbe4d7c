#include "ctlock/useragents.h"

#include "ctlock/array.h"
#include "ctlock/byte.h"
#include "ctlock/text.h"
#include "ctlock/textfile.h"

#include <stdlib.h>

/* Families are views into the blocks, in lower case and sorted by their bytes. */
struct useragents {
    struct str *family;
    size_t n, cap;
    struct buf *block; /* the text of each file, in lower case */
    size_t n_blocks;
};

/* A family in two pieces, so that one without its version needs no copy. */
struct key {
    struct str head, tail;
};

struct useragents *useragents_new(void)
{
    return calloc(1, sizeof(struct useragents));
}

void useragents_free(struct useragents *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < u->n_blocks; i++)
        buf_free(&u->block[i]);
    free(u->block);
    free(u->family);
    free(u);
}

static int family_cmp(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool family_add(struct useragents *u, struct str family)
{
    if (u->n == u->cap) {
        struct str *p = array_grow(u->family, &u->cap, sizeof *p);
        if (!p)
            return false;
        u->family = p;
    }
    u->family[u->n++] = family;
    return true;
}

/* A lower-cased copy of text that lives as long as u, NULL when memory ran out. */
static const struct buf *keep_lower(struct useragents *u, struct str text)
{
    struct buf *p = realloc(u->block, (u->n_blocks + 1) * sizeof *p);
    if (!p)
        return NULL;
    u->block = p;
    struct buf *copy = &u->block[u->n_blocks];
    *copy = (struct buf){0};
    buf_str(copy, text);
    if (copy->failed)
        return NULL;
    u->n_blocks++;
    for (size_t i = 0; i < copy->n; i++)
        copy->p[i] = byte_lower(copy->p[i]);
    return copy;
}

/* NAME, NAME/DIGITS, either with +AGENT behind it. NULL, or why it is not. */
static const char *family_problem(struct str family)
{
    if (memchr(family.p, ' ', family.n))
        return "a family has no spaces; remarks stand behind a tab";
    const char *slash = memchr(family.p, '/', family.n);
    if (!slash)
        return NULL;
    struct str major = str_skip(family, (size_t)(slash - family.p) + 1);
    size_t n = 0;
    while (n < major.n && major.p[n] >= '0' && major.p[n] <= '9')
        n++;
    if (n == 0 || (n < major.n && major.p[n] != '+'))
        return "a family has at most a major version, as in aws-cli/2";
    return NULL;
}

/* The family of a line, empty where it has none. */
static struct str line_family(struct str line)
{
    if (str_starts(line, STR("#")))
        line.n = 0;
    const char *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
    if (tab)
        line.n = (size_t)(tab - line.p);
    return textfile_trim(line);
}

static bool add_lines(struct useragents *u, const char *name, struct str rest, struct buf *why)
{
    struct str line;
    for (size_t line_no = 1; textfile_line(&rest, &line); line_no++) {
        struct str family = line_family(line);
        if (family.n == 0)
            continue;
        const char *problem = family_problem(family);
        if (!problem && !family_add(u, family))
            problem = "out of memory";
        if (problem) {
            textfile_where(why, name, line_no);
            buf_puts(why, problem);
            return false;
        }
    }
    return true;
}

bool useragents_parse(struct useragents *u, const char *name, struct str text, struct buf *why)
{
    const struct buf *copy = keep_lower(u, textfile_skip_bom(text));
    if (!copy) {
        textfile_where(why, name, 1);
        buf_puts(why, "out of memory");
        return false;
    }
    size_t n_before = u->n;
    if (!add_lines(u, name, buf_view(copy), why)) {
        u->n = n_before;
        return false;
    }
    if (u->n > 0)
        qsort(u->family, u->n, sizeof *u->family, family_cmp);
    return true;
}

bool useragents_load(struct useragents *u, const char *path, struct buf *why)
{
    struct buf text = {0};
    bool ok = textfile_read(path, &text, why) && useragents_parse(u, path, buf_view(&text), why);
    buf_free(&text);
    return ok;
}

/* Order of a key, in any case, against a listed family. */
static int key_cmp(const void *key, const void *listed)
{
    const struct key *k = key;
    struct str family = *(const struct str *)listed;
    size_t n = k->head.n + k->tail.n;
    for (size_t i = 0; i < n && i < family.n; i++) {
        char c = byte_lower(i < k->head.n ? k->head.p[i] : k->tail.p[i - k->head.n]);
        if (c != family.p[i])
            return (unsigned char)c < (unsigned char)family.p[i] ? -1 : 1;
    }
    return (n > family.n) - (n < family.n);
}

static bool is_listed(const struct useragents *u, struct key key)
{
    return u->n > 0 && bsearch(&key, u->family, u->n, sizeof *u->family, key_cmp) != NULL;
}

static bool covers(const struct useragents *u, struct str family)
{
    if (is_listed(u, (struct key){.head = family}))
        return true;
    const char *slash = family.n ? memchr(family.p, '/', family.n) : NULL;
    if (!slash)
        return false;
    size_t name_nbytes = (size_t)(slash - family.p);
    struct str agent = str_skip(family, name_nbytes);
    do
        agent = str_skip(agent, 1);
    while (agent.n > 0 && agent.p[0] >= '0' && agent.p[0] <= '9');
    return is_listed(u, (struct key){.head = {family.p, name_nbytes}, .tail = agent});
}

/* True only where text_plain leaves s as it is. */
static bool is_printable_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c >= 0x7f || c == '\\')
            return false;
    }
    return true;
}

bool useragents_has(const struct useragents *u, struct str family)
{
    if (is_printable_ascii(family))
        return covers(u, family);
    struct buf printed = {0};
    text_plain(&printed, family);
    bool has = !printed.failed && covers(u, buf_view(&printed));
    buf_free(&printed);
    return has;
}
