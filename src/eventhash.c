#include "ctlock/eventhash.h"

#include "ctlock/word.h"

/* Partition and account make the key with which the name is hashed. Nearly all are of the lengths
 * that are taken as they are. */
uint64_t session_role_hash(struct hash_key key, const struct session_parts *s)
{
    enum { ACCOUNT_ID_NBYTES = 12 };
    struct hash_key of_account = {key.k1, key.k0};
    if (s->account.n == ACCOUNT_ID_NBYTES) {
        of_account.k0 ^= word_le64(s->account.p);
        of_account.k1 ^= word_le64(s->account.p + ACCOUNT_ID_NBYTES - 8);
    } else
        of_account.k0 ^= siphash13(key, s->account.p, s->account.n);
    if (!str_eq(s->partition, STR("aws")))
        of_account.k1 ^= siphash13(key, s->partition.p, s->partition.n);
    return siphash13(of_account, s->role.p, s->role.n);
}

uint64_t session_hash(struct hash_key key, const struct session_parts *s)
{
    return siphash13(key, s->session.p, s->session.n) ^ session_role_hash(key, s);
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
        e->hash.session = e->hash.instance ^ session_role_hash(key, &s);
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
