/* Any trail of address changes is applied without harm, and the hooks are never told to forget what
 * is known. A line is `[~][!]TIME NAME`, request, response and service details, between tabs;
 * ~ is late, ! is by an instance that must gain nothing. A line `=` has credits spent. */
#include "ctlock/addressbook.h"

#include "../unit/made_change.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void forget(void *self, struct str instance, struct ip ip, enum slot slot, int64_t until_s)
{
    const struct addressbook *const *book = self;
    (void)until_s;
    if (book_knows(*book, instance, ip, slot))
        abort();
}

static void forget_range(void *self, struct str instance, struct cidr range, int64_t until_s)
{
    const struct addressbook *const *book = self;
    (void)until_s;
    (void)book_knows(*book, instance, range.ip, SLOT_PRIVATE);
}

static void forget_unknown(void *self, struct str instance, int64_t until_s)
{
    const struct addressbook *const *book = self;
    (void)book_whose(*book, (struct ip){{192, 0, 2, 1}, 4}, SLOT_PUBLIC, instance);
    (void)until_s;
}

static struct str cut(struct str *rest, char at)
{
    const char *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
    struct str head = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    *rest = end ? str_skip(*rest, head.n + 1) : (struct str){0};
    return head;
}

static void spend(struct addressbook *b, int64_t time_s)
{
    static const struct ip public = {{192, 0, 2, 1}, 4}, moved = {{192, 0, 2, 2}, 4},
                           private = {{10, 0, 0, 1}, 4};
    struct str i = STR("i-1");
    if (!book_spend(b, i, SLOT_PUBLIC, public, time_s, false) ||
        !book_spend(b, i, SLOT_PRIVATE, private, time_s, false) ||
        !book_move(b, i, public, moved, time_s) ||
        book_has_credit(b, i, SLOT_PUBLIC, time_s, false))
        abort();
}

static void apply(struct addressbook *b, struct str line)
{
    struct made_change c = {0};
    struct str refused = {0};
    for (; line.n && (*line.p == '~' || *line.p == '!'); line = str_skip(line, 1)) {
        if (*line.p == '!')
            refused = STR("i-1");
        else
            c.late = true;
    }
    struct str time = cut(&line, ' ');
    for (size_t i = 0; i < time.n && i < 9 && time.p[i] >= '0' && time.p[i] <= '9'; i++)
        c.time_s = c.time_s * 10 + (time.p[i] - '0');
    c.name = cut(&line, '\t');
    c.request = cut(&line, '\t');
    c.response = cut(&line, '\t');
    c.details = line;
    if (str_eq(time, STR("="))) {
        spend(b, 1000);
        return;
    }
    struct event *e = made_event(&c);
    (void)book_apply(b, e, refused);
    free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct addressbook *b = NULL;
    struct book_hooks hooks = {&b, forget, forget_range, forget_unknown, NULL};
    b = book_new((struct hash_key){1, 2}, 21600, &hooks);
    if (!b)
        return 0;
    struct str rest = {(const char *)data, nbytes};
    while (rest.n)
        apply(b, cut(&rest, '\n'));
    book_free(b);
    return 0;
}
