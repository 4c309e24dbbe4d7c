#include "ctlock/interfaces.h"

#include "ctlock/associations.h"
#include "ctlock/credits.h"
#include "ctlock/list.h"

static struct str range_text(const struct cidr *range)
{
    return (struct str){(const char *)range, sizeof *range};
}

static struct str key_text(const struct range_key *k)
{
    return (struct str){k->bytes, sizeof k->bytes};
}

static const uint32_t *spots_by_bits(const struct addressbook *b, struct ip ip)
{
    return b->n_spots[ip.family == 6];
}

bool interfaces_know(const struct addressbook *b, const struct instance *i, struct ip ip)
{
    if (!ip.family)
        return false;
    for (unsigned bits = 0; bits <= ip_bits(ip); bits++) {
        if (!spots_by_bits(b, ip)[bits])
            continue;
        struct cidr range = {cidr_network(ip, bits), (uint8_t)bits};
        struct range_key k = registers_range_key(i, range);
        if (registers_find(b, REGISTER_HOLDING, key_text(&k)))
            return true;
    }
    return false;
}

struct instance *interfaces_whose(const struct addressbook *b, struct ip ip)
{
    struct instance *only = NULL;
    for (unsigned bits = 0; ip.family && bits <= ip_bits(ip); bits++) {
        if (!spots_by_bits(b, ip)[bits])
            continue;
        struct cidr range = {cidr_network(ip, bits), (uint8_t)bits};
        const struct spot *s = registers_find(b, REGISTER_SPOT, range_text(&range));
        if (!s)
            continue;
        if (s->first->next_of_spot || (only && only != s->first->instance))
            return NULL;
        only = s->first->instance;
    }
    return only;
}

static void drop_spot(struct addressbook *b, struct spot *s, struct cidr range)
{
    b->n_spots[range.ip.family == 6][range.bits]--;
    registers_drop(b, REGISTER_SPOT, s);
}

static struct spot *make_spot(struct addressbook *b, struct cidr range)
{
    struct spot *s = registers_make(b, REGISTER_SPOT, range_text(&range));
    if (s && !s->first)
        b->n_spots[range.ip.family == 6][range.bits]++;
    return s;
}

static bool hold(struct addressbook *b, struct instance *i, struct cidr range)
{
    struct spot *s = make_spot(b, range);
    if (!s)
        return false;
    struct range_key k = registers_range_key(i, range);
    struct holding *h = registers_make(b, REGISTER_HOLDING, key_text(&k));
    if (!h) {
        if (!s->first)
            drop_spot(b, s, range);
        return false;
    }
    if (h->n++)
        return true;
    h->instance = i;
    h->spot = s;
    LIST_PUT(s->first, h, next_of_spot, prev_of_spot);
    return true;
}

static void drop_holding(struct addressbook *b, struct holding *h, struct cidr range)
{
    LIST_TAKE(h->spot->first, h, next_of_spot, prev_of_spot);
    if (!h->spot->first)
        drop_spot(b, h->spot, range);
    registers_drop(b, REGISTER_HOLDING, h);
}

static void let_go(struct addressbook *b, const struct instance *i, struct cidr range,
                   struct moment m)
{
    struct range_key k = registers_range_key(i, range);
    struct holding *h = registers_find(b, REGISTER_HOLDING, key_text(&k));
    if (!h || --h->n)
        return;
    drop_holding(b, h, range);
    const struct book_hooks *hooks = &b->hooks;
    struct str id = entry_id(&i->entry);
    if (range.bits < ip_bits(range.ip)) {
        if (hooks->forget_range)
            hooks->forget_range(hooks->self, id, range, moment_until_s(m));
    } else if (hooks->forget && !interfaces_know(b, i, range.ip))
        hooks->forget(hooks->self, id, range.ip, SLOT_PRIVATE, moment_until_s(m));
}

static bool is_private_address(const struct address *a)
{
    return a->range.ip.family == 4 && a->range.bits == 32;
}

static struct address *make_address(struct addressbook *b, struct interface *f, struct cidr range)
{
    struct range_key k = registers_range_key(f, range);
    struct address *a = registers_make(b, REGISTER_ADDRESS, key_text(&k));
    if (a && !a->interface) {
        f->n_addresses++;
        a->interface = f;
        a->range = range;
        LIST_PUT(f->first_address, a, next_of_interface, prev_of_interface);
    }
    return a;
}

/* What is present on an attached interface is counted in its instance's holding, once. */
static bool write_present(struct addressbook *b, struct address *a, bool present, struct moment m)
{
    struct interface *f = a->interface;
    a->written_s = m.time_s;
    if (present == a->present)
        return true;
    a->present = present;
    f->n_present += present ? 1 : (size_t)-1;
    if (is_private_address(a))
        f->n_private += present ? 1 : (size_t)-1;
    if (present && f->instance)
        return a->counted = hold(b, f->instance, a->range);
    if (!present) {
        ageing_watch(b, REGISTER_ADDRESS, a);
        ageing_watch(b, REGISTER_INTERFACE, f);
    }
    if (!present && a->counted) {
        a->counted = false;
        let_go(b, f->instance, a->range, m);
    }
    return true;
}

/* Of two written at one time the lesser range, for a list has no order that a state keeps. */
static bool is_older(const struct address *a, const struct address *than)
{
    if (a->written_s != than->written_s)
        return a->written_s < than->written_s;
    return str_cmp(range_text(&a->range), range_text(&than->range)) < 0;
}

/* Room for one address more: of those that the interface has no longer, the oldest goes. */
static bool make_room(struct addressbook *b, struct interface *f)
{
    struct address *oldest = NULL;
    if (f->n_addresses < REGISTERS_MAX_MEMBERS)
        return true;
    bool has_past = f->n_present < f->n_addresses;
    for (struct address *a = has_past ? f->first_address : NULL; a; a = a->next_of_interface)
        if (!a->present && (!oldest || is_older(a, oldest)))
            oldest = a;
    if (oldest)
        interfaces_drop_address(b, oldest);
    return oldest != NULL;
}

bool interfaces_assign(struct addressbook *b, struct interface *f, struct cidr range, bool present,
                       struct moment m)
{
    struct range_key k = registers_range_key(f, range);
    struct address *a = registers_find(b, REGISTER_ADDRESS, key_text(&k));
    if (!a && !make_room(b, f)) {
        b->ageing.crowded++;
        return true;
    }
    if (!a && !(a = make_address(b, f, range)))
        return false;
    return !moment_writes(m, a->written_s) || write_present(b, a, present, m);
}

static bool move_addresses(struct addressbook *b, struct interface *f, struct instance *from,
                           struct moment m)
{
    bool ok = true;
    for (struct address *a = f->first_address; a; a = a->next_of_interface) {
        bool was_counted = a->counted;
        a->counted = a->present && f->instance && hold(b, f->instance, a->range);
        ok = ok && (a->counted || !a->present || !f->instance);
        if (was_counted)
            let_go(b, from, a->range, m);
    }
    return ok;
}

static void forget_public(struct addressbook *b, const struct interface *f, struct instance *from,
                          struct moment m)
{
    for (const struct association *a = f->first_association; a; a = a->next) {
        struct watch was = {.ip = a->ip, .instance = from};
        if (a->ip.family)
            associations_settle(b, &was, m);
    }
}

static void link_interface(struct addressbook *b, struct interface *f, struct instance *to)
{
    struct instance *from = f->instance;
    if (from) {
        LIST_TAKE(from->first_interface, f, next_of_instance, prev_of_instance);
        ageing_watch(b, REGISTER_INSTANCE, from);
        ageing_watch(b, REGISTER_INTERFACE, f);
    }
    f->instance = to;
    f->was_launched = false;
    if (to)
        LIST_PUT(to->first_interface, f, next_of_instance, prev_of_instance);
}

/* Move an interface to an instance, or to none. */
static bool set_instance(struct addressbook *b, struct interface *f, struct instance *to,
                         struct moment m)
{
    struct instance *from = f->instance;
    f->written_s = m.time_s;
    if (from == to)
        return true;
    credits_void_interface(from, f);
    link_interface(b, f, to);
    bool ok = move_addresses(b, f, from, m);
    forget_public(b, f, from, m);
    return ok;
}

/* What an attachment attaches, and what an interface is attached by, are two registers: late
 * changes may write one and not the other. */
static void set_claim(struct addressbook *b, struct attachment *a, struct interface *f)
{
    if (a->interface) {
        a->interface->n_claims--;
        ageing_watch(b, REGISTER_INTERFACE, a->interface);
    }
    a->interface = f;
    if (f)
        f->n_claims++;
    else
        ageing_watch(b, REGISTER_ATTACHMENT, a);
}

static void set_attachment(struct addressbook *b, struct interface *f, struct attachment *a)
{
    if (f->attachment) {
        f->attachment->n_holders--;
        ageing_watch(b, REGISTER_ATTACHMENT, f->attachment);
    }
    f->attachment = a;
    if (a)
        a->n_holders++;
}

static void end_attachment(struct addressbook *b, struct attachment *a, struct moment m)
{
    if (a && moment_writes(m, a->written_s)) {
        set_claim(b, a, NULL);
        a->written_s = m.time_s;
    }
}

bool interfaces_attach(struct addressbook *b, struct interface *f, struct instance *i,
                       struct str attachment, struct moment m)
{
    struct attachment *a = NULL;
    if (attachment.p && !(a = registers_make(b, REGISTER_ATTACHMENT, attachment)))
        return false;
    if (!moment_writes(m, f->written_s))
        return true;
    f->written_s = m.time_s;
    f->ended = false;
    bool is_told_again = f->instance == i && (!a || (f->attachment == a && a->interface == f));
    if (is_told_again)
        return true;
    if (f->attachment && f->attachment != a && f->attachment->interface == f)
        end_attachment(b, f->attachment, m);
    credits_void_interface(f->instance, f);
    /* One that has ended since did end the one before. */
    bool has_ended = a && !moment_writes(m, a->written_s);
    set_attachment(b, f, has_ended ? NULL : a);
    if (f->attachment) {
        set_claim(b, a, f);
        a->written_s = m.time_s;
    }
    return set_instance(b, f, has_ended ? NULL : i, m);
}

bool interfaces_detach(struct addressbook *b, struct str attachment, struct moment m)
{
    struct attachment *a = registers_make(b, REGISTER_ATTACHMENT, attachment);
    if (!a)
        return false;
    if (!moment_writes(m, a->written_s))
        return true;
    struct interface *f = a->interface;
    end_attachment(b, a, m);
    if (!f || !moment_writes(m, f->written_s))
        return true;
    set_attachment(b, f, NULL);
    return set_instance(b, f, NULL, m);
}

bool interfaces_delete(struct addressbook *b, struct interface *f, struct moment m)
{
    bool ok = true;
    if (moment_writes(m, f->written_s)) {
        if (f->attachment && f->attachment->interface == f)
            end_attachment(b, f->attachment, m);
        set_attachment(b, f, NULL);
        ok = set_instance(b, f, NULL, m);
        f->ended = true;
        ageing_watch(b, REGISTER_INTERFACE, f);
    }
    for (struct address *a = f->first_address; a; a = a->next_of_interface)
        if (moment_writes(m, a->written_s))
            ok = write_present(b, a, false, m) && ok;
    return ok;
}

void interfaces_restore(struct addressbook *b, struct interface *f, struct instance *i,
                        struct attachment *a)
{
    link_interface(b, f, i);
    set_attachment(b, f, a);
}

void interfaces_restore_claim(struct addressbook *b, struct attachment *a, struct interface *f)
{
    set_claim(b, a, f);
}

struct address *interfaces_restore_address(struct addressbook *b, struct interface *f,
                                           struct cidr range, bool present, int64_t written_s)
{
    struct address *a = make_address(b, f, range);
    return a && write_present(b, a, present, (struct moment){written_s, false}) ? a : NULL;
}

void interfaces_end_with(struct addressbook *b, struct instance *i, int64_t time_s)
{
    for (struct interface *f = i->first_interface, *next; f; f = next) {
        next = f->next_of_instance;
        struct moment m = {.time_s = f->written_s > time_s ? f->written_s : time_s};
        /* Neither makes anything, so neither fails. */
        if (f->was_launched)
            (void)interfaces_delete(b, f, m);
        else
            (void)set_instance(b, f, NULL, m);
    }
}

void interfaces_drop(struct addressbook *b, struct interface *f)
{
    for (struct association *a; (a = f->first_association);)
        (void)associations_end(b, a, (struct moment){.time_s = a->written_s});
    while (f->first_address)
        interfaces_drop_address(b, f->first_address);
    set_attachment(b, f, NULL);
    registers_drop(b, REGISTER_INTERFACE, f);
}

void interfaces_drop_address(struct addressbook *b, struct address *a)
{
    LIST_TAKE(a->interface->first_address, a, next_of_interface, prev_of_interface);
    a->interface->n_addresses--;
    registers_drop(b, REGISTER_ADDRESS, a);
}
