#include "ctlock/agents.h"

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

static bool insert(struct agents *a, size_t at, struct str user_agent, int64_t time_s)
{
    if (a->n == a->cap) {
        size_t cap = a->cap ? a->cap * 2 : 16;
        struct family *more = realloc(a->family, cap * sizeof *more);
        if (!more)
            return false;
        a->family = more;
        a->cap = cap;
    }
    struct family f = {.first_s = time_s, .last_s = time_s};
    buf_str(&f.name, buf_view(&a->name));
    buf_str(&f.example, user_agent);
    if (f.name.failed || f.example.failed) {
        buf_free(&f.name);
        buf_free(&f.example);
        return false;
    }
    memmove(&a->family[at + 1], &a->family[at], (a->n - at) * sizeof f);
    a->family[at] = f;
    a->n++;
    return true;
}

bool agents_add(struct agents *a, struct str user_agent, int64_t time_s)
{
    buf_clear(&a->name);
    useragent_family(user_agent, &a->name);
    if (a->name.failed)
        return false;
    bool found;
    size_t at = place_of(a, buf_view(&a->name), &found);
    if (!found && !insert(a, at, user_agent, time_s))
        return false;
    struct family *f = &a->family[at];
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

static void format_json(const struct family *f, struct buf *out)
{
    buf_puts(out, "{\"family\":");
    text_json(out, buf_view(&f->name));
    buf_printf(out, ",\"count\":%llu,\"first\":\"", (unsigned long long)f->count);
    timestamp_format(f->first_s, out);
    buf_puts(out, "\",\"last\":\"");
    timestamp_format(f->last_s, out);
    buf_puts(out, "\",\"example\":");
    text_json(out, buf_view(&f->example));
    buf_puts(out, "}\n");
}

bool agents_format(const struct agents *a, bool json, struct buf *out)
{
    for (size_t i = 0; i < a->n; i++)
        (json ? format_json : format_text)(&a->family[i], out);
    return !out->failed;
}
