#include "ctlock/locktable.h"

#include "ctlock/holders.h"
#include "ctlock/roles.h"
#include "ctlock/rowheap.h"
#include "ctlock/strset.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const struct hash_key key = {3, 4};

static struct session_parts session(const char *role, const char *name)
{
    return (struct session_parts){.partition = STR("aws"),
                                  .account = STR("1"),
                                  .role = str_of(role),
                                  .session = str_of(name)};
}

static struct lock_source source(const char *address, enum slot slot)
{
    struct lock_source s = {.slot = slot};
    if (!ip_parse(str_of(address), &s.ip))
        s.text = str_of(address);
    return s;
}

static struct row *add(struct locktable *t, const char *role, const char *name, int64_t expiry_s)
{
    struct session_parts s = session(role, name);
    struct row *r;
    ck_assert(table_add(t, &s, table_hash(t, &s), session_is_instance(s.session), expiry_s, &r));
    return r;
}

static struct row *find(struct locktable *t, const char *role, const char *name)
{
    struct session_parts s = session(role, name);
    return table_find(t, &s, table_hash(t, &s));
}

static void lock(struct locktable *t, struct row *r, const char *address, enum slot slot,
                 int64_t at)
{
    struct lock_source s = source(address, slot);
    struct lock *made =
        table_lock(t, r, &s, at, STR("00112233-4455-6677-8899-aabbccddeeff"), false);
    ck_assert_ptr_nonnull(made);
    ck_assert_ptr_eq(made, row_lock_on(r, &s));
}

START_TEST(finds_a_row_by_all_parts)
{
    struct locktable *t = table_new(key);
    struct row *r = add(t, "app", "i-00000001", 100);
    ck_assert_ptr_eq(find(t, "app", "i-00000001"), r);
    ck_assert_ptr_null(find(t, "web", "i-00000001"));
    ck_assert_ptr_null(find(t, "app", "i-00000002"));
    struct session_parts other = session("app", "i-00000001");
    other.account = STR("2");
    ck_assert_ptr_null(table_find(t, &other, table_hash(t, &other)));
    other = session("app", "i-00000001");
    other.partition = STR("aws-cn");
    ck_assert_ptr_null(table_find(t, &other, table_hash(t, &other)));
    ck_assert(str_eq(row_info(r).session.role, STR("app")));
    ck_assert(str_eq(row_info(r).session.session, STR("i-00000001")));
    table_free(t);
}
END_TEST

START_TEST(holds_names_of_any_length)
{
    struct locktable *t = table_new(key);
    char name[400];
    for (size_t n = 1; n < sizeof name; n++) {
        memset(name, 'x', n);
        name[n] = '\0';
        struct row *r = add(t, "app", name, 100);
        ck_assert_uint_eq(row_info(r).session.session.n, n);
    }
    for (size_t n = 1; n < sizeof name; n++) {
        memset(name, 'x', n);
        name[n] = '\0';
        struct row *r = find(t, "app", name);
        ck_assert_ptr_nonnull(r);
        ck_assert(str_eq(row_info(r).session.session, str_of(name)));
    }
    table_free(t);
}
END_TEST

START_TEST(rows_go_once_their_expiry_is_past)
{
    struct locktable *t = table_new(key);
    add(t, "app", "i-00000001", 100);
    row_extend(add(t, "app", "i-00000002", 100), 200);
    row_extend(find(t, "app", "i-00000002"), 150); /* never earlier */
    table_advance(t, 100);
    ck_assert_ptr_nonnull(find(t, "app", "i-00000001"));
    table_advance(t, 101);
    ck_assert_ptr_null(find(t, "app", "i-00000001"));
    ck_assert_ptr_nonnull(find(t, "app", "i-00000002"));
    table_advance(t, 201);
    ck_assert_ptr_null(find(t, "app", "i-00000002"));
    ck_assert_uint_eq(table_counts(t).live, 0);
    ck_assert_uint_eq(table_counts(t).made, 2);
    table_free(t);
}
END_TEST

START_TEST(a_full_table_drops_the_nearest_to_its_expiry)
{
    struct locktable *t = table_new(key);
    table_limit(t, 3);
    add(t, "app", "i-00000001", 100);
    add(t, "app", "i-00000002", 300);
    add(t, "app", "i-00000003", 200);
    row_extend(find(t, "app", "i-00000001"), 400);
    ck_assert_uint_eq(table_counts(t).evicted, 0);
    add(t, "app", "i-00000004", 500);
    ck_assert_ptr_null(find(t, "app", "i-00000003"));
    add(t, "app", "i-00000005", 500);
    ck_assert_ptr_null(find(t, "app", "i-00000002"));
    ck_assert_ptr_nonnull(find(t, "app", "i-00000001"));
    ck_assert_uint_eq(table_counts(t).live, 3);
    ck_assert_uint_eq(table_counts(t).evicted, 2);
    ck_assert_uint_eq(table_counts(t).made, 5);
    table_free(t);
}
END_TEST

START_TEST(a_full_table_keeps_the_row_just_made)
{
    struct locktable *t = table_new(key);
    table_limit(t, 1);
    lock(t, add(t, "app", "i-00000001", 500), "203.0.113.10", SLOT_PUBLIC, 1);
    struct row *r = add(t, "web", "i-00000001", 100);
    struct lock_source s = source("203.0.113.10", SLOT_PUBLIC);
    ck_assert_ptr_eq(find(t, "web", "i-00000001"), r);
    ck_assert_ptr_nonnull(row_lock_on(r, &s)); /* inherited before the other one went */
    ck_assert_uint_eq(table_holders(t, &s), 1);
    ck_assert_ptr_null(find(t, "app", "i-00000001"));
    table_advance(t, 101); /* it is still in the heap */
    ck_assert_uint_eq(table_counts(t).live, 0);
    ck_assert_uint_eq(table_holders(t, &s), 0);
    table_free(t);
}
END_TEST

/* Of equal expiries the least session goes, in whatever order they came. */
START_TEST(a_full_table_decides_by_the_session)
{
    for (unsigned first = 0; first < 3; first++) {
        struct locktable *t = table_new(key);
        table_limit(t, 3);
        for (unsigned i = 0; i < 3; i++) {
            char name[16];
            (void)snprintf(name, sizeof name, "i-0000000%u", (first + i) % 3);
            add(t, i == 1 ? "web" : "app", name, 100);
        }
        add(t, "app", "i-00000009", 100);
        ck_assert_ptr_null(find(t, "app", first == 2 ? "i-00000001" : "i-00000000"));
        ck_assert_uint_eq(table_counts(t).live, 3);
        table_free(t);
    }
}
END_TEST

START_TEST(a_flood_of_sessions_leaves_the_table_as_small)
{
    struct locktable *t = table_new(key);
    table_limit(t, 100);
    for (unsigned i = 0; i < 100000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "i-%08u", i);
        lock(t, add(t, "app", name, 100 + (int64_t)(i * 7919 % 5)), "203.0.113.10", SLOT_PUBLIC, 1);
        ck_assert_uint_le(table_counts(t).live, 100);
    }
    struct lock_source s = source("203.0.113.10", SLOT_PUBLIC);
    ck_assert_uint_eq(table_holders(t, &s), 100);
    ck_assert_uint_eq(table_counts(t).evicted, 99900);
    table_free(t);
}
END_TEST

/* Of several rows with a lock on one address, the least by account, role and session gives it. */
START_TEST(a_new_row_inherits_in_order)
{
    enum { N = 12, N_OTHERS = 250 };
    struct row *rows[N];
    struct locktable *t = table_new(key);
    char role[16], other[16];
    for (int i = 0; i < N; i++) {
        int number = i * 7 % N;
        (void)snprintf(role, sizeof role, "r%04d", number);
        rows[number] = add(t, role, "i-00000001", 1000);
        for (int k = 0; k < N_OTHERS; k++) { /* the buckets grow meanwhile */
            (void)snprintf(other, sizeof other, "%s-%08d", k % 2 ? "i" : "other",
                           N_OTHERS * i + k + 2);
            (void)add(t, role, other, 1000);
        }
    }
    for (int i = N - 1; i > 0; i--)
        lock(t, rows[i], "203.0.113.10", SLOT_PUBLIC, i);
    struct lock_source s = source("203.0.113.10", SLOT_PUBLIC);
    ck_assert_int_eq(row_lock_on(add(t, "z", "i-00000001", 1000), &s)->since_s, 1);
    ck_assert_int_eq(row_lock_on(add(t, "a", "i-00000001", 1000), &s)->since_s, 1);
    lock(t, rows[0], "203.0.113.10", SLOT_PUBLIC, N);
    ck_assert_int_eq(row_lock_on(add(t, "a0", "i-00000001", 1000), &s)->since_s, 1);
    ck_assert_ptr_null(row_lock_on(add(t, "a", "i-00000003", 1000), &s));
    table_free(t);
}
END_TEST

START_TEST(a_new_row_inherits_from_the_instance)
{
    struct locktable *t = table_new(key);
    struct row *a = add(t, "b", "i-00000001", 100);
    lock(t, a, "203.0.113.10", SLOT_PUBLIC, 7);
    lock(t, a, "10.0.0.5", SLOT_PRIVATE, 9);
    struct lock_source private = source("10.0.0.5", SLOT_PRIVATE);
    ck_assert(lock_add_endpoint(row_lock_on(a, &private), STR("vpce-1")));
    ck_assert(row_add_endpoint_account(a, STR("444455556666")));
    struct row *b = add(t, "a", "i-00000001", 100);
    size_t n;
    struct lock *l = row_locks(b, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(l[0].since_s, 7);
    ck_assert_int_eq(row_info(b).first_lock_s, 7);
    ck_assert(lock_has_endpoint(row_lock_on(b, &private), STR("vpce-1")));
    ck_assert(row_has_endpoint_account(b, STR("444455556666")));
    lock(t, b, "203.0.113.20", SLOT_PUBLIC, 11);
    /* In order of session: a's three, of which b's two are no more. */
    struct row *c = add(t, "c", "i-00000001", 100);
    (void)row_locks(c, &n);
    ck_assert_uint_eq(n, 3);
    struct row *other = add(t, "a", "i-00000002", 100);
    (void)row_locks(other, &n);
    ck_assert_uint_eq(n, 0);
    struct row *service = add(t, "a", "worker", 100);
    lock(t, service, "203.0.113.30", SLOT_PUBLIC, 1);
    (void)row_locks(add(t, "b", "worker", 100), &n);
    ck_assert_uint_eq(n, 0);
    table_free(t);
}
END_TEST

START_TEST(a_source_is_address_and_slot_or_text)
{
    struct locktable *t = table_new(key);
    struct row *r = add(t, "app", "i-00000001", 100);
    lock(t, r, "203.0.113.10", SLOT_PUBLIC, 1);
    lock(t, r, "253.252.51.07", SLOT_PUBLIC, 2);
    struct lock_source s = source("203.0.113.10", SLOT_PRIVATE);
    ck_assert_ptr_null(row_lock_on(r, &s));
    s = source("::ffff:203.0.113.10", SLOT_PUBLIC);
    ck_assert_ptr_nonnull(row_lock_on(r, &s));
    s = source("253.252.51.07", SLOT_PUBLIC);
    ck_assert_ptr_nonnull(row_lock_on(r, &s));
    s = source("253.252.51.08", SLOT_PUBLIC);
    ck_assert_ptr_null(row_lock_on(r, &s));
    table_free(t);
}
END_TEST

START_TEST(counts_who_holds_an_address)
{
    struct locktable *t = table_new(key);
    struct lock_source s = source("203.0.113.10", SLOT_PUBLIC);
    for (int i = 0; i < 100; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "i-%08d", i);
        struct row *r = add(t, "app", name, i < 50 ? 100 : 200);
        lock(t, r, "203.0.113.10", SLOT_PUBLIC, 1);
        lock(t, r, "10.0.0.1", SLOT_PRIVATE, 1);
    }
    ck_assert_uint_eq(table_holders(t, &s), 100);
    table_advance(t, 150);
    ck_assert_uint_eq(table_holders(t, &s), 50);
    struct row *r = find(t, "app", "i-00000077");
    table_unlock(t, r, row_lock_on(r, &s));
    ck_assert_uint_eq(table_holders(t, &s), 49);
    ck_assert_uint_eq(table_others(t, r, &s), 49);
    ck_assert_uint_eq(table_others(t, find(t, "app", "i-00000078"), &s), 48);
    size_t n;
    struct lock *l = row_locks(r, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(l[0].slot, SLOT_PRIVATE);
    table_free(t);
}
END_TEST

START_TEST(many_locks_keep_their_order)
{
    struct locktable *t = table_new(key);
    struct row *r = add(t, "app", "i-00000001", 100);
    for (int i = 0; i < 300; i++) {
        char address[24];
        (void)snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        lock(t, r, address, SLOT_PRIVATE, i);
    }
    size_t n;
    table_unlock(t, r, &row_locks(r, &n)[100]);
    struct lock *l = row_locks(r, &n);
    ck_assert_uint_eq(n, 299);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(l[i].since_s, (int64_t)(i < 100 ? i : i + 1));
    ck_assert_int_eq(row_info(r).first_lock_s, 0);
    table_free(t);
}
END_TEST

START_TEST(rows_of_an_instance_can_be_walked)
{
    struct locktable *t = table_new(key);
    char name[24];
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "i-%08d", i);
        add(t, "a", name, 100);
        add(t, "b", name, 50);
    }
    size_t n = 0;
    for (struct row *r = table_first_of(t, STR("i-00004321")); r; r = row_next_of(r))
        n++;
    ck_assert_uint_eq(n, 2);
    table_advance(t, 51);
    struct row *r = table_first_of(t, STR("i-00004321"));
    ck_assert(str_eq(row_info(r).session.role, STR("a")));
    ck_assert_ptr_null(row_next_of(r));
    struct row **rows;
    ck_assert(table_sorted(t, &rows, &n));
    ck_assert_uint_eq(n, 5000);
    for (size_t i = 1; i < n; i++)
        ck_assert_int_lt(
            str_cmp(row_info(rows[i - 1]).session.session, row_info(rows[i]).session.session), 0);
    free(rows);
    table_free(t);
}
END_TEST

/* Hashes that have their lower half in common, as one who knows the hash can make them. */
START_TEST(marks_that_are_alike)
{
    enum { N = 20000 };
    struct locktable *t = table_new(key);
    struct row *r = add(t, "a", "i-00000001", 100);
    for (uint64_t i = 0; i < N; i++) {
        ck_assert(!row_has_mark(r, i << 32));
        ck_assert_int_eq(row_add_mark(r, i << 32), MARKS_NEW);
    }
    for (uint64_t i = 0; i < N; i++)
        ck_assert_int_eq(row_add_mark(r, i << 32), MARKS_SEEN);
    ck_assert(!row_has_mark(r, (uint64_t)N << 32));
    table_free(t);
}
END_TEST

START_TEST(marks_and_excepted_slots_go_with_the_row)
{
    struct locktable *t = table_new(key);
    struct row *r = add(t, "app", "i-00000001", 100);
    ck_assert(!row_has_mark(r, 5));
    for (uint64_t m = 0; m < 100; m++)
        ck_assert_int_eq(row_add_mark(r, m * m + 2), MARKS_NEW);
    ck_assert_int_eq(row_add_mark(r, 51), MARKS_SEEN);
    ck_assert(row_has_mark(r, 83) && !row_has_mark(r, 84));
    row_except_slot(r, SLOT_IPV6);
    ck_assert(row_slot_was_excepted(r, SLOT_IPV6) && !row_slot_was_excepted(r, SLOT_PUBLIC));
    table_advance(t, 101);
    r = add(t, "app", "i-00000001", 300);
    ck_assert(!row_has_mark(r, 83) && !row_slot_was_excepted(r, SLOT_IPV6));
    table_free(t);
}
END_TEST

START_TEST(event_ids_come_back_as_they_were)
{
    static const char *const ids[] = {"00112233-4455-6677-8899-aabbccddeeff",
                                      "00112233-4455-6677-8899-AABBCCDDEEFF", "e1", "",
                                      "00112233_4455-6677-8899-aabbccddeeff"};
    struct lock_source s = source("203.0.113.10", SLOT_PUBLIC);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct lock l;
        struct buf out = {0};
        ck_assert(lock_init(&l, &s, 1, str_of(ids[i]), false));
        lock_format_event_id(&l, &out);
        ck_assert(str_eq(buf_view(&out), str_of(ids[i])));
        buf_free(&out);
        lock_release(&l);
    }
}
END_TEST

START_TEST(an_event_id_is_kept_up_to_a_length)
{
    char text[LOCK_MAX_EVENT_ID_NBYTES + 1];
    struct lock_source s = source("203.0.113.10", SLOT_PUBLIC);
    memset(text, 'e', sizeof text);
    for (size_t n = LOCK_MAX_EVENT_ID_NBYTES; n <= sizeof text; n++) {
        struct lock l;
        struct buf out = {0};
        ck_assert(lock_init(&l, &s, 1, (struct str){text, n}, false));
        lock_format_event_id(&l, &out);
        ck_assert_uint_eq(out.n, n <= LOCK_MAX_EVENT_ID_NBYTES ? n : 0);
        buf_free(&out);
        lock_release(&l);
    }
}
END_TEST

START_TEST(the_heap_gives_the_nearest_first)
{
    struct rowheap h = {0};
    for (int64_t i = 0; i < 1000; i++)
        ck_assert(rowheap_push(&h, NULL, i * 7919 % 1000));
    for (int64_t i = 0; i < 1000; i++) {
        ck_assert_int_eq(h.item[0].expiry_s, i);
        rowheap_pop(&h);
    }
    rowheap_free(&h);
}
END_TEST

/* Names chosen to meet in the same places, added and dropped in every order. */
START_TEST(holders_close_their_gaps)
{
    struct holders h = {0};
    for (uint64_t round = 0; round < 50; round++) {
        for (uint64_t i = 0; i < 40; i++)
            ck_assert(holders_add(&h, i * 64 + i / 8));
        for (uint64_t i = 0; i < 40; i++) {
            uint64_t name = (i * 7 + round) % 40;
            holders_drop(&h, name * 64 + name / 8);
            for (uint64_t k = i + 1; k < 40; k++) {
                uint64_t left = (k * 7 + round) % 40;
                ck_assert_uint_eq(holders_count(&h, left * 64 + left / 8), 1);
            }
        }
        ck_assert_uint_eq(h.n, 0);
    }
    holders_free(&h);
}
END_TEST

/* Some of these meet in the table of several holders, and in that of one. */
static uint64_t holders_name_of(size_t i)
{
    return (uint64_t)(i / 4) * 0x3fffffff00000000u + i % 4 * 64 + 1;
}

/* One holder, several, one again, none. */
START_TEST(holders_count_each_source)
{
    enum { NAMES = 64 };
    struct holders h = {0};
    uint32_t count[NAMES] = {0};
    uint64_t state = 1;
    for (size_t step = 0; step < 100000; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        size_t i = (size_t)(state >> 33) % NAMES, asked = step % NAMES;
        if (count[i] == 0 || (count[i] < 4 && state >> 63)) {
            ck_assert(holders_add(&h, holders_name_of(i)));
            count[i]++;
        } else {
            holders_drop(&h, holders_name_of(i));
            count[i]--;
        }
        ck_assert_uint_eq(holders_count(&h, holders_name_of(asked)), count[asked]);
    }
    holders_free(&h);
}
END_TEST

/* As many rows of the instance as it may have, and the row that is one too many. */
static struct row *add_too_many(struct locktable *t, const char *name)
{
    char role[8];
    for (int i = 0; i < TABLE_MAX_ROWS_OF_INSTANCE; i++) {
        (void)snprintf(role, sizeof role, "r%d", i);
        ck_assert_ptr_nonnull(add(t, role, name, 100));
    }
    return add(t, "x", name, 200);
}

START_TEST(an_instance_has_so_many_rows_and_no_more)
{
    struct locktable *t = table_new(key);
    ck_assert_ptr_null(add_too_many(t, "i-00000001"));
    ck_assert_uint_eq(table_counts(t).refused, 1);
    ck_assert_uint_eq(table_counts(t).live, TABLE_MAX_ROWS_OF_INSTANCE);
    ck_assert_uint_eq(table_counts(t).made, TABLE_MAX_ROWS_OF_INSTANCE);
    ck_assert_ptr_nonnull(add(t, "x", "i-00000002", 100));
    table_advance(t, 101);
    ck_assert_ptr_nonnull(add(t, "x", "i-00000001", 200));
    table_free(t);
}
END_TEST

/* So many private addresses that the row has many locks. */
static void lock_many(struct locktable *t, struct row *r, const char *before, int64_t at)
{
    char address[20];
    for (int i = 0; i < ROW_MANY_LOCKS; i++) {
        ck_assert(!row_has_many_locks(r));
        (void)snprintf(address, sizeof address, "%s.%d", before, i);
        lock(t, r, address, SLOT_PRIVATE, at);
    }
    ck_assert(row_has_many_locks(r));
}

START_TEST(a_row_with_many_locks_inherits_no_more)
{
    struct locktable *t = table_new(key);
    struct row *a = add(t, "a", "i-00000001", 100), *b = add(t, "b", "i-00000001", 100);
    lock_many(t, a, "10.0.1", 8);
    lock_many(t, b, "10.0.2", 7);
    struct row *c = add(t, "c", "i-00000001", 100);
    size_t n;
    (void)row_locks(c, &n);
    ck_assert_uint_eq(n, ROW_MANY_LOCKS);
    struct lock_source last = source("10.0.1.63", SLOT_PRIVATE);
    ck_assert_ptr_nonnull(row_lock_on(c, &last));
    ck_assert_int_eq(row_first_lock_s(c), 7);
    table_free(t);
}
END_TEST

/* They are no instance's, and nothing is inherited. */
START_TEST(another_name_has_any_number_of_rows)
{
    struct locktable *t = table_new(key);
    ck_assert_ptr_nonnull(add_too_many(t, "job"));
    table_free(t);
}
END_TEST

START_TEST(roles_are_stored_once)
{
    struct roles *r = roles_new(key);
    const struct session_parts app = {
        .partition = STR("aws"), .account = STR("1"), .role = STR("app")};
    const struct session_parts other = {
        .partition = STR("aws"), .account = STR("1a"), .role = STR("pp")};
    struct role *a = roles_use(r, &app);
    ck_assert_ptr_eq(roles_use(r, &app), a);
    ck_assert_ptr_ne(roles_use(r, &other), a);
    ck_assert(str_eq(role_name(a), STR("app")));
    roles_drop(r, a);
    ck_assert_ptr_eq(roles_use(r, &app), a);
    roles_drop(r, a);
    roles_drop(r, a);
    roles_free(r);
}
END_TEST

START_TEST(a_row_with_very_many_marks_takes_no_more)
{
    struct locktable *t = table_new(key);
    struct row *r = add(t, "app", "i-00000001", 100);
    for (uint64_t m = 1; m <= ROW_MAX_MARKS; m++)
        ck_assert_int_eq(row_add_mark(r, m * 2654435761u), MARKS_NEW);
    ck_assert_int_eq(row_add_mark(r, 7), MARKS_NEW);
    ck_assert_int_eq(row_add_mark(r, 7), MARKS_NEW);
    ck_assert_int_eq(row_add_mark(r, 2654435761u), MARKS_SEEN);
    ck_assert(row_has_mark(r, 8));
    table_free(t);
}
END_TEST

START_TEST(strsets_are_small)
{
    struct strset s = {0};
    char text[32];
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(text, sizeof text, "vpce-%d", i);
        ck_assert(strset_add(&s, str_of(text)));
    }
    static char large[STRSET_MAX_NBYTES + 2];
    memset(large, 'x', sizeof large - 1);
    ck_assert(strset_add(&s, str_of(large)));
    ck_assert(strset_has(&s, STR("vpce-0")) && !strset_has(&s, STR("vpce-9999")));
    ck_assert_uint_le(s.text.n, STRSET_MAX_NBYTES);
    strset_free(&s);
}
END_TEST

START_TEST(strsets_hold_each_text_once)
{
    struct strset s = {0};
    struct str text;
    size_t n = 0;
    ck_assert(strset_add(&s, STR("a")) && strset_add(&s, STR("")) && strset_add(&s, STR("ab")) &&
              strset_add(&s, STR("a")));
    ck_assert(strset_has(&s, STR("")) && !strset_has(&s, STR("b")));
    for (size_t at = 0; strset_next(&s, &at, &text);)
        n++;
    ck_assert_uint_eq(n, 3);
    strset_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("locktable");
    TCase *t = tcase_create("locktable");
    tcase_add_test(t, a_full_table_drops_the_nearest_to_its_expiry);
    tcase_add_test(t, a_full_table_keeps_the_row_just_made);
    tcase_add_test(t, a_full_table_decides_by_the_session);
    tcase_add_test(t, a_flood_of_sessions_leaves_the_table_as_small);
    tcase_add_test(t, finds_a_row_by_all_parts);
    tcase_add_test(t, holds_names_of_any_length);
    tcase_add_test(t, rows_go_once_their_expiry_is_past);
    tcase_add_test(t, a_new_row_inherits_from_the_instance);
    tcase_add_test(t, a_new_row_inherits_in_order);
    tcase_add_test(t, a_source_is_address_and_slot_or_text);
    tcase_add_test(t, counts_who_holds_an_address);
    tcase_add_test(t, many_locks_keep_their_order);
    tcase_add_test(t, rows_of_an_instance_can_be_walked);
    tcase_add_test(t, marks_that_are_alike);
    tcase_add_test(t, marks_and_excepted_slots_go_with_the_row);
    tcase_add_test(t, event_ids_come_back_as_they_were);
    tcase_add_test(t, an_event_id_is_kept_up_to_a_length);
    tcase_add_test(t, the_heap_gives_the_nearest_first);
    tcase_add_test(t, holders_close_their_gaps);
    tcase_add_test(t, holders_count_each_source);
    tcase_add_test(t, an_instance_has_so_many_rows_and_no_more);
    tcase_add_test(t, a_row_with_many_locks_inherits_no_more);
    tcase_add_test(t, another_name_has_any_number_of_rows);
    tcase_add_test(t, roles_are_stored_once);
    tcase_add_test(t, a_row_with_very_many_marks_takes_no_more);
    tcase_add_test(t, strsets_are_small);
    tcase_add_test(t, strsets_hold_each_text_once);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
