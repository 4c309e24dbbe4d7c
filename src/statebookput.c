/* The entries of the address book on lines. */
#include "statebook_inside.h"

#include "ctlock/lock.h"

#include <stdlib.h>

static struct str id_of(const void *entry)
{
    return entry ? entry_id(entry) : (struct str){0};
}

/* An address, or the digest that stands for a source that is none. */
void statebook_put_ip(struct buf *out, struct ip ip)
{
    uint64_t half[2];
    if (ip.family != LOCK_TEXT_FAMILY) {
        stateline_ip(out, "ip", ip);
        return;
    }
    memcpy(half, ip.b, sizeof half);
    stateline_hash(out, "digest", half[0]);
    stateline_hash(out, "digest_end", half[1]);
}

static void put_credit(struct buf *out, const char *name, const struct credit *c)
{
    if (!c)
        return;
    stateline_open(out, name, '{');
    stateline_number(out, "granted", c->granted_s);
    stateline_text(out, "association", id_of(c->association));
    stateline_text(out, "interface", id_of(c->interface));
    stateline_close(out, '}');
}

/* When ageing will look at the entry, and in which turn. */
void statebook_put_watch(struct buf *out, const struct addressbook *b, const struct entry *e)
{
    if (!e->watched)
        return;
    stateline_time(out, "due", ageing_due_s(&b->ageing, e));
    stateline_number(out, "turn", (int64_t)e->watched);
}

void statebook_put_instance(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)b;
    const struct instance *i = entry;
    stateline_time(out, "terminated", i->terminated_s);
    stateline_time(out, "stopped", i->stopped_s);
    stateline_time(out, "started", i->started_s);
    stateline_time(out, "issued", i->issued_s);
    stateline_time(out, "used", i->used_s);
    stateline_time(out, "written", i->vpc_written_s);
    stateline_text(out, "vpc", id_of(i->vpc));
    put_credit(out, "public_credit", i->public_credit);
    put_credit(out, "private_credit", i->private_credit);
}

static int by_range(const void *pa, const void *pb)
{
    const struct address *a = *(const struct address *const *)pa;
    const struct address *b = *(const struct address *const *)pb;
    return memcmp(&a->range, &b->range, sizeof a->range);
}

static void put_address(struct buf *out, const struct addressbook *b, const struct address *a)
{
    stateline_open(out, NULL, '{');
    statebook_put_ip(out, a->range.ip);
    stateline_number(out, "bits", a->range.bits);
    stateline_flag(out, "present", a->present);
    stateline_time(out, "written", a->written_s);
    statebook_put_watch(out, b, &a->entry);
    stateline_close(out, '}');
}

static void put_addresses(struct buf *out, const struct addressbook *b, const struct interface *f)
{
    struct buf list = {0};
    for (const struct address *a = f->first_address; a; a = a->next_of_interface)
        buf_add(&list, &a, sizeof a);
    if (list.failed)
        out->failed = true;
    if (list.n) {
        qsort(list.p, list.n / sizeof(struct address *), sizeof(struct address *), by_range);
        stateline_open(out, "addresses", '[');
        for (size_t at = 0; at < list.n; at += sizeof(struct address *)) {
            const struct address *a;
            memcpy(&a, list.p + at, sizeof a);
            put_address(out, b, a);
        }
        stateline_close(out, ']');
    }
    buf_free(&list);
}

void statebook_put_interface(struct buf *out, const struct addressbook *b, const void *entry)
{
    const struct interface *f = entry;
    stateline_time(out, "written", f->written_s);
    stateline_text(out, "instance", id_of(f->instance));
    stateline_text(out, "attachment", id_of(f->attachment));
    stateline_flag(out, "was_launched", f->was_launched);
    stateline_flag(out, "ended", f->ended);
    put_addresses(out, b, f);
}

void statebook_put_attachment(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)b;
    const struct attachment *a = entry;
    stateline_time(out, "written", a->written_s);
    stateline_text(out, "interface", id_of(a->interface));
}

void statebook_put_allocation(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)b;
    const struct allocation *a = entry;
    stateline_time(out, "written", a->written_s);
    stateline_time(out, "associated", a->associated_s);
    statebook_put_ip(out, a->ip);
}

void statebook_put_association(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)b;
    const struct association *a = entry;
    stateline_time(out, "written", a->written_s);
    stateline_flag(out, "unnamed", a->unnamed);
    if (a->to == TO_INSTANCE)
        stateline_text(out, "instance", id_of(a->of.instance));
    else if (a->to == TO_INTERFACE)
        stateline_text(out, "interface", id_of(a->of.interface));
    else if (a->to == TO_NAT)
        stateline_text(out, "nat", id_of(a->of.nat));
    statebook_put_ip(out, a->ip);
    stateline_flag(out, "by_credit", a->by_credit);
    stateline_text(out, "allocation", id_of(a->allocation));
    stateline_flag(out, "is_its_latest", a->allocation && a->allocation->association == a);
}

void statebook_put_place(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)b;
    const struct place *p = entry;
    stateline_time(out, "written", p->written_s);
    stateline_text(out, "allocation", id_of(p->allocation));
}

void statebook_put_nothing(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)out;
    (void)b;
    (void)entry;
}

void statebook_put_nat(struct buf *out, const struct addressbook *b, const void *entry)
{
    (void)b;
    const struct nat *n = entry;
    stateline_time(out, "written", n->written_s);
    stateline_text(out, "vpc", id_of(n->vpc));
    stateline_flag(out, "ended", n->ended);
}
