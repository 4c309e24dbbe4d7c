#include "made_event.h"

#include "ctlock/idset.h"

#include <check.h>
#include <stdio.h>

static uint64_t drawn = 88172645463325252u;

static unsigned draw(unsigned below)
{
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return (unsigned)(drawn >> 33) % below;
}

/* An event with these names, 0 for none, and the hash that the test chooses for both. */
static struct event *named(unsigned own, unsigned shared, uint64_t hash)
{
    char id[32], shared_id[32];
    (void)snprintf(id, sizeof id, "own-%u", own);
    (void)snprintf(shared_id, sizeof shared_id, "shared-%u", shared);
    struct made_field fields[8] = {{EF_PARTITION, "aws"},
                                   {EF_ACCOUNT, "111122223333"},
                                   {EF_ROLE, "fleet"},
                                   {EF_SESSION, "i-0123456789abcdef0"}};
    size_t n = 4;
    if (own)
        fields[n++] = (struct made_field){EF_EVENT_ID, id};
    if (shared)
        fields[n++] = (struct made_field){EF_SHARED_EVENT_ID, shared_id};
    struct event *e = make_event(EVENT_CALL, 0, fields);
    e->hash = (struct event_hashes){.own = own ? hash | 1 : 0,
                                    .shared = shared ? (hash & ~UINT64_C(1)) + 2 : 0};
    return e;
}

/* What hashes the names of a test have: all their own, few, one, few that differ in what lines keep
 * of them alone, few in where their line is alone. */
static uint64_t hash_of_name(int way, unsigned name)
{
    uint64_t mixed = (name + 1) * UINT64_C(0x9e3779b97f4a7c15);
    switch (way) {
    case 0:
        return mixed;
    case 1:
        return mixed % 5 * UINT64_C(0x9e3779b97f4a7c15);
    case 2:
        return UINT64_MAX - 7;
    case 3:
        return (uint64_t)name << 58 | 16;
    default:
        return (uint64_t)(name % 300) << 1;
    }
}

enum { NAMES = 1200, STEPS = 6000 };

static bool is_in(struct event *const *in, const struct event *e)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (in[i] &&
            ((e->hash.own && in[i]->hash.own == e->hash.own &&
              str_eq(event_str(in[i], EF_EVENT_ID), event_str(e, EF_EVENT_ID))) ||
             (e->hash.shared && in[i]->hash.shared == e->hash.shared &&
              str_eq(event_str(in[i], EF_SHARED_EVENT_ID), event_str(e, EF_SHARED_EVENT_ID)))))
            return true;
    return false;
}

/* Against a list: names come, go, and are asked for. */
START_TEST(test_the_set_knows_what_is_in_it)
{
    static struct event *in[NAMES];
    struct idset s = {0};
    for (unsigned i = 0; i < STEPS; i++) {
        /* First few go, then as many as come. */
        unsigned at = draw(NAMES);
        bool goes = in[at] && draw(i < STEPS / 2 ? 4 : 2) == 0;
        unsigned shared = at % 3 ? 0 : at / 2 + 1;
        struct event *e = named(at % 7 ? at + 1 : 0, shared, hash_of_name(_i, at));
        idset_soon(&s, e);
        bool known = is_in(in, e);
        ck_assert(idset_has(&s, e) == known);
        if (goes) {
            idset_remove(&s, in[at]);
            free(in[at]);
            in[at] = NULL;
        } else if (!known && !in[at]) {
            ck_assert(idset_add(&s, e));
            in[at] = e;
            continue;
        }
        free(e);
    }
    for (unsigned at = 0; at < NAMES; at++)
        if (in[at]) {
            ck_assert(idset_has(&s, in[at]) || !(in[at]->hash.own || in[at]->hash.shared));
            idset_remove(&s, in[at]);
            free(in[at]);
            in[at] = NULL;
        }
    ck_assert_uint_eq(s.n, 0);
    idset_free(&s);
}
END_TEST

/* Other texts of one hash are other names, and an eventID is no sharedEventID. */
START_TEST(test_a_hash_is_no_name)
{
    struct idset s = {0};
    struct event *one = named(1, 2, 80), *two = named(2, 1, 80), *again = named(3, 2, 80);
    ck_assert(idset_add(&s, one));
    ck_assert(!idset_has(&s, two));
    ck_assert(idset_has(&s, again));
    idset_remove(&s, one);
    ck_assert(!idset_has(&s, one));
    idset_free(&s);
    free(one);
    free(two);
    free(again);
}
END_TEST

/* A sharedEventID is another one in another session. */
START_TEST(test_a_shared_name_is_of_a_session)
{
    static const struct made_field parts[] = {{EF_PARTITION, "aws"},
                                              {EF_ACCOUNT, "111122223333"},
                                              {EF_ROLE, "fleet"},
                                              {EF_SESSION, "i-0123456789abcdef0"},
                                              {EF_SHARED_EVENT_ID, "shared"},
                                              {0, NULL}};
    enum { N_PARTS = sizeof parts / sizeof parts[0] - 1 };
    struct idset s = {0};
    struct event *one = make_event(EVENT_CALL, 0, parts);
    ck_assert(idset_add(&s, one));
    for (size_t i = 0; i <= N_PARTS; i++) {
        struct made_field fields[N_PARTS + 1];
        memcpy(fields, parts, sizeof fields);
        if (i < N_PARTS)
            fields[i].text = "other";
        struct event *e = make_event(EVENT_CALL, 0, fields);
        e->hash = one->hash;
        ck_assert(idset_has(&s, e) == (i == N_PARTS));
        free(e);
    }
    idset_remove(&s, one);
    idset_free(&s);
    free(one);
}
END_TEST

/* Each line is passed too often to be counted; a search ends all the same. */
START_TEST(test_a_search_ends)
{
    enum { LINES = 128, MANY = 440 };
    static struct event *in[MANY];
    struct idset s = {0};
    for (unsigned home = 0; home < LINES; home += 20) {
        for (unsigned i = 0; i < MANY; i++)
            ck_assert(idset_add(&s, in[i] = named(i + 1, 0, (uint64_t)home << 1)));
        for (unsigned i = 0; i < MANY; i++) {
            idset_remove(&s, in[i]);
            free(in[i]);
        }
    }
    ck_assert_uint_eq(s.n_lines, LINES);
    struct event *one = named(1, 0, 2), *other = named(2, 0, 2);
    ck_assert(idset_add(&s, one));
    ck_assert(!idset_has(&s, other));
    ck_assert(idset_has(&s, one));
    idset_free(&s);
    free(one);
    free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idset");
    TCase *t = tcase_create("idset");
    tcase_add_loop_test(t, test_the_set_knows_what_is_in_it, 0, 5);
    tcase_add_test(t, test_a_hash_is_no_name);
    tcase_add_test(t, test_a_shared_name_is_of_a_session);
    tcase_add_test(t, test_a_search_ends);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
