/* eventhash: the numbers by which events and sessions are looked up. */
#ifndef CTLOCK_EVENTHASH_H
#define CTLOCK_EVENTHASH_H

#include "ctlock/event.h"
#include "ctlock/session.h"
#include "ctlock/siphash.h"

/* Of a session's role: its partition, account and name. Who writes a record chooses them all, so
 * each counts. Any thread. */
uint64_t session_role_hash(struct hash_key key, const struct session_parts *s);

/* Of a session, for the lock table. All who look into one table use one key. Any thread. */
uint64_t session_hash(struct hash_key key, const struct session_parts *s);

/* Set e->hash from the event's text, the instance's with siphash13: 0 for a session or a name that
 * is absent or empty, for empty names are never equal. Done where events are made, for many threads
 * make them and one judges. Any thread. */
void event_hash(struct hash_key key, struct event *e);

#endif
