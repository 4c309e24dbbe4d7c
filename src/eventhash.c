#include "ctlock/eventhash.h"

/* Sessions that differ in account or partition alone are few; chains tell them apart. */
static uint64_t role_hash(struct hash_key key, const struct session_parts *s)
{
    struct hash_key role_key = {key.k1 ^ s->account.n, key.k0 ^ s->partition.n};
    return siphash13(role_key, s->role.p, s->role.n);
}

uint64_t session_hash(struct hash_key key, const struct session_parts *s)
{
    return siphash13(key, s->session.p, s->session.n) ^ role_hash(key, s);
}

/* The lowest bit says which of the two names it is of. */
static uint64_t hash_of_own(uint64_t hash)
{
    return hash | 1;
}

static uint64_t hash_of_shared(uint64_t hash)
{
    hash &= ~UINT64_C(1);
    return hash ? hash : 2;
}

void event_hash(struct hash_key key, struct event *e)
{
    struct session_parts s = event_session(e);
    struct str own = event_str(e, EF_EVENT_ID), shared = event_str(e, EF_SHARED_EVENT_ID);
    e->hash = (struct event_hashes){0};
    if (s.session.n > 0) {
        e->hash.instance = siphash13(key, s.session.p, s.session.n);
        e->hash.session = e->hash.instance ^ role_hash(key, &s);
    }
    if (own.n > 0)
        e->hash.own = hash_of_own(siphash13(key, own.p, own.n));
    /* Who writes a record chooses all these texts: with a key of its own for each session, no
     * choice of an id cancels what the session's name adds. */
    if (shared.n > 0 && s.session.p) {
        struct hash_key of_session = {key.k0 ^ e->hash.session, key.k1};
        e->hash.shared = hash_of_shared(siphash13(of_session, shared.p, shared.n));
    }
}
