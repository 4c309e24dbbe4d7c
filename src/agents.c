#include "ctlock/agents.h"

#include "ctlock/array.h"
#include "ctlock/jsonout.h"
#include "ctlock/text.h"
#include "ctlock/timestamp.h"
#include "ctlock/useragent.h"

#include <stdlib.h>

struct family {
    struct buf name, example;
    uint64_t count;
    int64_t first_s, last_s;
};

/* Sorted by name: families are few, calls are many. */
struct agents {
    struct family *family;
    size_t n, cap;
    struct family others;
    struct buf name; /* of the call at hand */
};

struct agents *agents_new(void)
{
    return calloc(1, sizeof(struct agents));
}

void agents_free(struct agents *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n; i++) {
        buf_free(&a->family[i].name);
        buf_free(&a->family[i].example);
    }
    free(a->family);
    buf_free(&a->others.name);
    buf_free(&a->others.example);
    buf_free(&a->name);
    free(a);
}

/* Where name is, or where it belongs. */
static size_t place_of(const struct agents *a, struct str name, bool *found)
{
    size_t lo = 0, hi = a->n;
    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = str_cmp(buf_view(&a->family[mid].name), name);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool begin(struct family *f, struct str name, struct str user_agent, int64_t time_s)
{
    if (user_agent.n > AGENTS_MAX_EXAMPLE)
        user_agent.n = AGENTS_MAX_EXAMPLE;
    *f = (struct family){.first_s = time_s, .last_s = time_s};
    buf_str(&f->name, name);
    buf_str(&f->example, user_agent);
    if (!f->name.failed && !f->example.failed)
        return true;
    buf_free(&f->name);
    buf_free(&f->example);
    *f = (struct family){0};
    return false;
}

static bool insert(struct agents *a, size_t at, struct str user_agent, int64_t time_s)
{
    if (a->n == a->cap) {
        struct family *more = array_grow(a->family, &a->cap, sizeof *more);
        if (!more)
            return false;
        a->family = more;
    }
    struct family f;
    if (!begin(&f, buf_view(&a->name), user_agent, time_s))
        return false;
    memmove(&a->family[at + 1], &a->family[at], (a->n - at) * sizeof f);
    a->family[at] = f;
    a->n++;
    return true;
}

/* The family of a->name, made if it is new, or the others; NULL when memory ran out. */
static struct family *family_of(struct agents *a, struct str user_agent, int64_t time_s)
{
    bool found;
    size_t at = place_of(a, buf_view(&a->name), &found);
    if (found)
        return &a->family[at];
    if (a->n < AGENTS_MAX_FAMILIES && a->name.n <= AGENTS_MAX_NAME)
        return insert(a, at, user_agent, time_s) ? &a->family[at] : NULL;
    bool is_begun = a->others.count > 0;
    return is_begun || begin(&a->others, STR("# others"), user_agent, time_s) ? &a->others : NULL;
}

bool agents_add(struct agents *a, struct str user_agent, int64_t time_s)
{
    buf_clear(&a->name);
    useragent_family(user_agent, &a->name);
    if (a->name.failed)
        return false;
    struct family *f = family_of(a, user_agent, time_s);
    if (!f)
        return false;
    f->count++;
    if (time_s < f->first_s)
        f->first_s = time_s;
    if (time_s > f->last_s)
        f->last_s = time_s;
    return true;
}

static void format_text(const struct family *f, struct buf *out)
{
    text_plain(out, buf_view(&f->name));
    buf_printf(out, "\t%llu ", (unsigned long long)f->count);
    timestamp_format(f->first_s, out);
    buf_putc(out, ' ');
    timestamp_format(f->last_s, out);
    buf_putc(out, ' ');
    text_plain(out, buf_view(&f->example));
    buf_putc(out, '\n');
}

static void format_json(const struct family *f, bool is_one, struct buf *out)
{
    json_begin(out);
    json_text(out, "family", is_one ? buf_view(&f->name) : (struct str){0});
    json_count(out, "count", f->count);
    json_time(out, "first", f->first_s);
    json_time(out, "last", f->last_s);
    json_text(out, "example", f->example.n ? buf_view(&f->example) : STR(""));
    json_end(out);
}

bool agents_format(const struct agents *a, bool json, struct buf *out)
{
    for (size_t i = 0; i <= a->n; i++) {
        const struct family *f = i < a->n ? &a->family[i] : &a->others;
        if (f->count == 0)
            continue;
        if (json)
            format_json(f, i < a->n, out);
        else
            format_text(f, out);
    }
    return !out->failed;
}
