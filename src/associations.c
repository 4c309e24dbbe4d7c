/* Kept true: an association that has an address is the one that holds it, an ended one has none. */
#include "ctlock/associations.h"

#include "ctlock/credits.h"
#include "ctlock/list.h"

static struct place *place_of(const struct addressbook *b, struct ip ip)
{
    return ip.family ? registers_find(b, REGISTER_PLACE, registers_ip_key(&ip)) : NULL;
}

struct instance *associations_instance(const struct association *a)
{
    if (a->to == TO_INSTANCE)
        return a->of.instance;
    return a->to == TO_INTERFACE ? a->of.interface->instance : NULL;
}

struct association *associations_holder(const struct addressbook *b, struct ip ip)
{
    const struct place *p = place_of(b, ip);
    return p ? p->association : NULL;
}

static struct watch watch_of(const struct addressbook *b, struct ip ip)
{
    struct watch w = {.ip = ip};
    const struct association *a = associations_holder(b, ip);
    if (!a)
        return w;
    w.instance = associations_instance(a);
    if (a->to == TO_NAT)
        w.vpc = a->of.nat->vpc;
    return w;
}

static bool is_known_to(const struct watch *now, const struct instance *i)
{
    return now->instance ? now->instance == i : now->vpc && now->vpc == i->vpc;
}

bool associations_know(const struct addressbook *b, const struct instance *i, struct ip ip)
{
    struct watch now = watch_of(b, ip);
    return is_known_to(&now, i);
}

struct instance *associations_whose(const struct addressbook *b, struct ip ip)
{
    struct watch now = watch_of(b, ip);
    if (!now.vpc)
        return now.instance;
    struct instance *first = now.vpc->first_instance;
    return first && !first->next_of_vpc ? first : NULL;
}

static void forget(struct addressbook *b, const struct instance *i, struct ip ip, struct moment m)
{
    if (b->hooks.forget)
        b->hooks.forget(b->hooks.self, entry_id(&i->entry), ip, SLOT_PUBLIC, moment_until_s(m));
}

void associations_settle(struct addressbook *b, const struct watch *w, struct moment m)
{
    struct watch now = watch_of(b, w->ip);
    if (w->instance && !is_known_to(&now, w->instance))
        forget(b, w->instance, w->ip, m);
    if (!w->vpc || now.vpc == w->vpc)
        return;
    for (struct instance *i = w->vpc->first_instance; i; i = i->next_of_vpc)
        if (!is_known_to(&now, i))
            forget(b, i, w->ip, m);
}

static struct association **siblings(const struct association *a)
{
    if (a->to == TO_INSTANCE)
        return &a->of.instance->first_association;
    return a->to == TO_INTERFACE ? &a->of.interface->first_association
                                 : &a->of.nat->first_association;
}

/* The number of those that may be too many; of an instance they may not, for nothing visits them
 * all but its end. */
static size_t *n_siblings(const struct association *a)
{
    if (a->to == TO_INTERFACE)
        return &a->of.interface->n_associations;
    return a->to == TO_NAT ? &a->of.nat->n_associations : NULL;
}

static bool is_full(const struct beginning *n)
{
    if (n->to == TO_INTERFACE)
        return n->of.interface->n_associations >= REGISTERS_MAX_MEMBERS;
    return n->to == TO_NAT && n->of.nat->n_associations >= REGISTERS_MAX_MEMBERS;
}

static void link_to(struct association *a, const struct beginning *n)
{
    a->to = (uint8_t)n->to;
    if (n->to == TO_INSTANCE)
        a->of.instance = n->of.instance;
    else if (n->to == TO_INTERFACE)
        a->of.interface = n->of.interface;
    else
        a->of.nat = n->of.nat;
    struct association **head = siblings(a);
    LIST_PUT(*head, a, next, prev);
    size_t *count = n_siblings(a);
    if (count)
        ++*count;
}

static void unlink_from(struct addressbook *b, struct association *a)
{
    if (a->to == TO_INSTANCE)
        ageing_watch(b, REGISTER_INSTANCE, a->of.instance);
    else if (a->to == TO_INTERFACE)
        ageing_watch(b, REGISTER_INTERFACE, a->of.interface);
    struct association **head = siblings(a);
    LIST_TAKE(*head, a, next, prev);
    size_t *count = n_siblings(a);
    if (count)
        --*count;
}

static void leave_place(struct addressbook *b, struct association *a, int64_t time_s)
{
    struct place *p = place_of(b, a->ip);
    if (p && p->association == a) {
        p->association = NULL;
        p->written_s = time_s;
        ageing_watch(b, REGISTER_PLACE, p);
    }
    a->ip = (struct ip){0};
}

static void set_allocation(struct addressbook *b, struct association *a, struct allocation *x)
{
    struct allocation *was = a->allocation;
    if (was && was->association == a)
        was->association = NULL;
    a->allocation = x;
    if (x)
        x->n_associations++;
    if (was && --was->n_associations == 0)
        ageing_watch(b, REGISTER_ALLOCATION, was);
}

/* End an association without a word to anybody. */
static void end(struct addressbook *b, struct association *a, int64_t time_s)
{
    if (a->to != TO_NOTHING) {
        credits_void_association(associations_instance(a), a);
        leave_place(b, a, time_s);
        unlink_from(b, a);
        set_allocation(b, a, NULL);
        a->by_credit = false;
        a->to = TO_NOTHING;
        ageing_watch(b, REGISTER_ASSOCIATION, a);
    }
    a->written_s = time_s;
}

/* The same for good: one without a name cannot be told of again. */
static void finish(struct addressbook *b, struct association *a, int64_t time_s)
{
    end(b, a, time_s);
    if (a->unnamed)
        registers_drop(b, REGISTER_ASSOCIATION, a);
}

bool associations_end(struct addressbook *b, struct association *a, struct moment m)
{
    if (a->to == TO_NOTHING || !moment_writes(m, a->written_s))
        return false;
    struct watch w = watch_of(b, a->ip);
    finish(b, a, m.time_s);
    associations_settle(b, &w, m);
    return true;
}

/* Is a of what n tells it to be of? */
static bool is_of_same(const struct association *a, const struct beginning *n)
{
    if (a->to == TO_NOTHING || a->to != (uint8_t)n->to)
        return false;
    if (n->to == TO_INSTANCE)
        return a->of.instance == n->of.instance;
    return n->to == TO_INTERFACE ? a->of.interface == n->of.interface : a->of.nat == n->of.nat;
}

/* Give ip to a, or to nobody if a is NULL, because it has ended by now. *taken says whether the
 * address was still to be had. */
static bool take(struct addressbook *b, struct association *a, struct ip ip, struct moment m,
                 bool *taken)
{
    struct place *p = registers_make(b, REGISTER_PLACE, registers_ip_key(&ip));
    *taken = p && moment_writes(m, p->written_s);
    if (!*taken)
        return p != NULL;
    if (p->association && p->association != a)
        finish(b, p->association, m.time_s);
    p->association = a;
    p->written_s = m.time_s;
    if (a) {
        a->ip = ip;
        credits_void_association(associations_instance(a), a);
    }
    return true;
}

bool associations_set_ip(struct addressbook *b, struct association *a, struct ip ip,
                         struct moment m)
{
    bool taken = true;
    struct watch was = watch_of(b, a->ip), is = watch_of(b, ip);
    leave_place(b, a, m.time_s);
    a->written_s = m.time_s;
    if (ip.family && !take(b, a, ip, m, &taken))
        return false;
    associations_settle(b, &was, m);
    associations_settle(b, &is, m);
    return true;
}

/* A key that is no id, for ids have no NUL: that and the number. */
static struct association *make_unnamed(struct addressbook *b)
{
    char key[21] = {0};
    size_t at = sizeof key;
    uint64_t n = b->n_unnamed;
    do
        key[--at] = (char)('0' + n % 10);
    while (n /= 10);
    key[--at] = '\0';
    struct association *a =
        registers_make(b, REGISTER_ASSOCIATION, (struct str){key + at, sizeof key - at});
    if (a) {
        a->unnamed = true;
        b->n_unnamed++;
    }
    return a;
}

/* The association that n is about as far as it is known. One without id that is written again, by a
 * record that came twice, is known by its allocation. */
static struct association *find_association(const struct addressbook *b, const struct beginning *n)
{
    if (n->id.p)
        return registers_find(b, REGISTER_ASSOCIATION, n->id);
    struct association *a = n->allocation ? n->allocation->association : NULL;
    return a && a->unnamed && is_of_same(a, n) ? a : NULL;
}

static void write_association(struct addressbook *b, struct association *a,
                              const struct beginning *n, struct moment m)
{
    if (!is_of_same(a, n)) {
        end(b, a, m.time_s);
        link_to(a, n);
    } else if (!ip_eq(a->ip, n->ip))
        leave_place(b, a, m.time_s);
    a->written_s = m.time_s;
    a->by_credit = false;
    set_allocation(b, a, n->allocation);
    if (n->allocation) {
        n->allocation->association = a;
        n->allocation->associated_s = m.time_s;
    }
}

/* Write the registers of n; *out is NULL where newer facts say that it is over. */
static bool begin(struct addressbook *b, const struct beginning *n, struct association *a,
                  struct moment m, struct association **out)
{
    bool is_over = n->allocation && !moment_writes(m, n->allocation->associated_s);
    bool taken = false;
    *out = NULL;
    if (!a && (n->id.p || !is_over) &&
        !(a = n->id.p ? registers_make(b, REGISTER_ASSOCIATION, n->id) : make_unnamed(b)))
        return false;
    if (a && moment_writes(m, a->written_s)) {
        if (is_over)
            finish(b, a, m.time_s);
        else
            write_association(b, *out = a, n, m);
    }
    if (!n->ip.family)
        return true;
    if (!take(b, *out, n->ip, m, &taken))
        return false;
    if (*out && !taken) {
        finish(b, *out, m.time_s);
        *out = NULL;
    }
    return true;
}

bool associations_begin(struct addressbook *b, const struct beginning *n, struct moment m,
                        struct association **out)
{
    struct association *same = find_association(b, n);
    *out = NULL;
    if (is_full(n) && !(same && is_of_same(same, n))) {
        b->ageing.crowded++;
        return true;
    }
    struct association *earlier = n->allocation ? n->allocation->association : NULL;
    struct ip none = {0};
    struct watch w[] = {watch_of(b, earlier ? earlier->ip : none),
                        watch_of(b, same ? same->ip : none), watch_of(b, n->ip)};
    if (earlier && earlier != same && moment_writes(m, n->allocation->associated_s) &&
        moment_writes(m, earlier->written_s))
        finish(b, earlier, m.time_s);
    if (!begin(b, n, same, m, out))
        return false;
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++)
        if (i == 2 || !ip_eq(w[i].ip, n->ip))
            associations_settle(b, &w[i], m);
    return true;
}

void associations_renew(struct addressbook *b, struct association *a, struct moment m)
{
    struct place *p = place_of(b, a->ip);
    if (p && moment_writes(m, p->written_s))
        a->written_s = p->written_s = m.time_s;
}

bool associations_vacate(struct addressbook *b, struct ip ip, struct moment m)
{
    struct place *p = registers_make(b, REGISTER_PLACE, registers_ip_key(&ip));
    if (!p)
        return false;
    if (p->association)
        associations_end(b, p->association, m);
    if (moment_writes(m, p->written_s))
        p->written_s = m.time_s;
    return true;
}

/* The allocation's address is no more this one. */
static void leave_allocation(struct addressbook *b, struct allocation *x)
{
    struct place *p = place_of(b, x->ip);
    if (p && p->allocation == x) {
        p->allocation = NULL;
        ageing_watch(b, REGISTER_PLACE, p);
    }
    x->ip = (struct ip){0};
    ageing_watch(b, REGISTER_ALLOCATION, x);
}

bool associations_allocate(struct addressbook *b, struct str id, struct ip ip, struct moment m)
{
    struct allocation *x = registers_make(b, REGISTER_ALLOCATION, id);
    struct place *p = registers_make(b, REGISTER_PLACE, registers_ip_key(&ip));
    if (!x || !p)
        return false;
    if (!moment_writes(m, x->written_s))
        return true;
    leave_allocation(b, x);
    x->ip = ip;
    x->written_s = m.time_s;
    p->allocation = x;
    return true;
}

bool associations_release(struct addressbook *b, struct str id, struct ip ip, struct moment m)
{
    struct place *p = place_of(b, ip);
    struct allocation *x =
        p && p->allocation && ip_eq(p->allocation->ip, ip) ? p->allocation : NULL;
    if (id.p && !(x = registers_make(b, REGISTER_ALLOCATION, id)))
        return false;
    if (x && !ip.family)
        ip = x->ip;
    if (x && x->association)
        associations_end(b, x->association, m);
    if (x && moment_writes(m, x->written_s)) {
        leave_allocation(b, x);
        x->written_s = m.time_s;
    }
    return !ip.family || associations_vacate(b, ip, m);
}

bool associations_restore(struct addressbook *b, struct association *a, const struct beginning *n)
{
    struct place *p = NULL;
    if (n->ip.family && !(p = registers_make(b, REGISTER_PLACE, registers_ip_key(&n->ip))))
        return false;
    link_to(a, n);
    set_allocation(b, a, n->allocation);
    a->ip = n->ip;
    if (p)
        p->association = a;
    return true;
}
