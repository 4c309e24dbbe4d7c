#include "ctlock/exceptions.h"

#include "ctlock/array.h"
#include "ctlock/exception_json.h"
#include "ctlock/exception_rule.h"
#include "ctlock/textfile.h"

#include <limits.h>
#include <stdlib.h>

struct rule {
    struct exception_rule rule;
    char *mem;        /* what the parts are views into */
    const char *file; /* one of exceptions.file */
    size_t line;
    uint64_t matches;
};

/* Family, prefix length and address of a range, so that memcmp orders and compares ranges. */
struct range_key {
    uint8_t b[18];
};

struct range_entry {
    struct range_key key;
    size_t rule;
};

struct exceptions {
    struct rule *rule; /* in the order of the files */
    size_t n, cap;
    struct range_entry *range; /* one a rule, sorted by key, then by rule */
    struct range_key *shape;   /* each family and prefix length that occurs, addresses zero */
    size_t n_shapes;
    char **file;
    size_t n_files;
};

struct exceptions *exceptions_new(void)
{
    return calloc(1, sizeof(struct exceptions));
}

static void drop_rules(struct exceptions *x, size_t n_left)
{
    while (x->n > n_left)
        free(x->rule[--x->n].mem);
}

void exceptions_free(struct exceptions *x)
{
    if (!x)
        return;
    drop_rules(x, 0);
    for (size_t i = 0; i < x->n_files; i++)
        free(x->file[i]);
    free(x->file);
    free(x->rule);
    free(x->range);
    free(x->shape);
    free(x);
}

static struct range_key key_of(struct ip ip, uint8_t bits)
{
    struct range_key key = {{ip.family, bits}};
    memcpy(key.b + 2, ip.b, sizeof ip.b);
    return key;
}

static int entry_cmp(const void *a, const void *b)
{
    const struct range_entry *x = a, *y = b;
    int c = memcmp(&x->key, &y->key, sizeof x->key);
    return c ? c : (x->rule > y->rule) - (x->rule < y->rule);
}

/* Make the index of the ranges anew. False when memory ran out. */
static bool index_rules(struct exceptions *x)
{
    struct range_entry *range = x->n ? realloc(x->range, x->n * sizeof *range) : NULL;
    if (!range)
        return x->n == 0;
    x->range = range;
    struct range_key *shape = realloc(x->shape, x->n * sizeof *shape);
    if (!shape)
        return false;
    x->shape = shape;
    for (size_t i = 0; i < x->n; i++) {
        struct cidr c = x->rule[i].rule.range;
        range[i] = (struct range_entry){key_of(c.ip, c.bits), i};
    }
    qsort(range, x->n, sizeof *range, entry_cmp);
    x->n_shapes = 0;
    for (size_t i = 0; i < x->n; i++) {
        if (i == 0 || memcmp(range[i].key.b, range[i - 1].key.b, 2) != 0)
            shape[x->n_shapes++] = range[i].key;
    }
    return true;
}

/* The first entry whose key is not less. */
static size_t lower_bound(const struct exceptions *x, const struct range_key *key)
{
    size_t lo = 0, hi = x->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(&x->range[mid].key, key, sizeof *key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

long exceptions_find(const struct exceptions *x, const struct exception_query *q)
{
    size_t best = x->n;
    for (size_t s = 0; s < x->n_shapes; s++) {
        if (x->shape[s].b[0] != q->ip.family)
            continue;
        uint8_t bits = x->shape[s].b[1];
        struct range_key key = key_of(cidr_network(q->ip, bits), bits);
        for (size_t i = lower_bound(x, &key); i < x->n; i++) {
            const struct range_entry *e = &x->range[i];
            if (e->rule >= best || memcmp(&e->key, &key, sizeof key) != 0)
                break;
            if (exception_rule_fits(&x->rule[e->rule].rule, q))
                best = e->rule;
        }
    }
    return best < x->n ? (long)best : -1;
}

/* Make the parts of *to views into memory of its own. */
static bool own_parts(struct rule *to, const struct exception_rule *rule)
{
    size_t nbytes = 1;
    for (size_t i = 0; i < EP_COUNT; i++)
        nbytes += rule->part[i].n;
    char *p = malloc(nbytes);
    if (!p)
        return false;
    to->rule = *rule;
    to->mem = p;
    for (size_t i = 0; i < EP_COUNT; i++) {
        struct str part = rule->part[i];
        if (!part.p)
            continue;
        memcpy(p, part.p, part.n);
        to->rule.part[i].p = p;
        p += part.n;
    }
    return true;
}

/* An exception_json_add; the file is the last of the set. */
static bool add_rule(void *self, const struct exception_rule *rule, size_t line)
{
    struct exceptions *x = self;
    if (x->n == x->cap) {
        struct rule *p = array_grow(x->rule, &x->cap, sizeof *p);
        if (!p)
            return false;
        x->rule = p;
    }
    struct rule *to = &x->rule[x->n];
    *to = (struct rule){.file = x->file[x->n_files - 1], .line = line};
    if (x->n >= LONG_MAX || !own_parts(to, rule))
        return false;
    x->n++;
    return true;
}

static bool add_file(struct exceptions *x, const char *name)
{
    char **p = realloc(x->file, (x->n_files + 1) * sizeof *p);
    if (!p)
        return false;
    x->file = p;
    p[x->n_files] = strdup(name);
    if (!p[x->n_files])
        return false;
    x->n_files++;
    return true;
}

/* The line up to its comment, which begins it or follows white space, and without white space
 * around it. */
static struct str strip_comment(struct str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t')) {
            line.n = i;
            break;
        }
    }
    return textfile_trim(line);
}

static bool parse_lines(struct exceptions *x, const char *name, struct str rest, struct buf *why)
{
    struct str line;
    for (size_t line_no = 1; textfile_line(&rest, &line); line_no++) {
        line = strip_comment(line);
        if (line.n == 0)
            continue;
        struct exception_rule rule;
        struct buf problem = {0};
        bool ok = exception_rule_parse(line, &rule, &problem);
        if (ok && !add_rule(x, &rule, line_no)) {
            buf_puts(&problem, "out of memory");
            ok = false;
        }
        if (!ok) {
            textfile_where(why, name, line_no);
            buf_str(why, buf_view(&problem));
            why->failed |= problem.failed;
        }
        buf_free(&problem);
        if (!ok)
            return false;
    }
    return true;
}

bool exceptions_parse(struct exceptions *x, const char *name, struct str text, bool json,
                      struct buf *why)
{
    size_t n_before = x->n;
    text = text.p ? textfile_skip_bom(text) : STR("");
    bool have_file = add_file(x, name);
    bool ok = have_file && (json ? exception_json_parse(name, text, add_rule, x, why)
                                 : parse_lines(x, name, text, why));
    bool read = ok;
    ok = ok && index_rules(x);
    if (!have_file || (read && !ok)) {
        textfile_where(why, name, 1);
        buf_puts(why, "out of memory");
    }
    if (!ok)
        drop_rules(x, n_before);
    return ok;
}

bool exceptions_load(struct exceptions *x, const char *path, struct buf *why)
{
    struct buf text = {0};
    bool json = str_ends(str_of(path), STR(".json"));
    bool ok =
        textfile_read(path, &text, why) && exceptions_parse(x, path, buf_view(&text), json, why);
    buf_free(&text);
    return ok;
}

size_t exceptions_count(const struct exceptions *x)
{
    return x->n;
}

void exceptions_get(const struct exceptions *x, size_t i, struct exception_info *out)
{
    const struct rule *r = &x->rule[i];
    *out = (struct exception_info){
        .file = r->file,
        .line = (uint32_t)r->line,
        .text = r->rule.part[EP_TEXT],
        .matches = r->matches,
        .expires_s = r->rule.expires_s,
    };
}

void exceptions_count_match(struct exceptions *x, long rule)
{
    if (rule >= 0 && (size_t)rule < x->n)
        x->rule[rule].matches++;
}
