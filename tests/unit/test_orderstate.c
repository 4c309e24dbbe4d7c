#include "ctlock/order.h"

#include "made_event.h"

#include <check.h>

/* What was delivered: eventIDs, one byte each. */
static char delivered[64];
static size_t n_delivered;

static bool deliver(void *self, const struct event *e)
{
    (void)self;
    ck_assert_uint_lt(n_delivered, sizeof delivered - 1);
    delivered[n_delivered++] = event_str(e, EF_EVENT_ID).p[0];
    delivered[n_delivered] = '\0';
    return true;
}

static struct order *order_of(int64_t window_s)
{
    n_delivered = 0;
    delivered[0] = '\0';
    struct order *o = order_new(&(struct order_options){.window_s = window_s, .deliver = deliver});
    ck_assert_ptr_nonnull(o);
    return o;
}

static struct event *event_of(const char *id, int64_t time_s)
{
    return make_event(EVENT_CALL, time_s, (struct made_field[]){{EF_EVENT_ID, id}, {0}});
}

static void add(struct order *o, const char *id, int64_t time_s)
{
    struct event *e = event_of(id, time_s);
    ck_assert(order_add(o, e));
    free(e);
}

static bool copy(void *self, const struct event *e, enum order_place where)
{
    struct event *mine = malloc(e->nbytes);
    memcpy(mine, e, e->nbytes);
    bool ok = order_restore(self, mine, where);
    free(mine);
    return ok;
}

/* o, and another with this window that knows what it knows. o is given up. */
static struct order *go_on(struct order *o, int64_t window_s)
{
    struct order *next = order_of(window_s);
    order_restore_clock(next, order_clock(o));
    ck_assert(order_each(o, copy, next));
    ck_assert(order_restored(next));
    order_free(o);
    return next;
}

static void finish(struct order *o, const char *wanted)
{
    ck_assert(order_finish(o));
    ck_assert_str_eq(delivered, wanted);
    order_free(o);
}

START_TEST(test_what_waits_goes_on_waiting)
{
    struct order *o = order_of(100);
    add(o, "c", 1030);
    add(o, "a", 1010);
    add(o, "b", 1020);
    o = go_on(o, 100);
    ck_assert_str_eq(delivered, "");
    ck_assert_uint_eq(order_counts(o).waiting, 3);
    ck_assert_int_eq(order_clock(o).newest_s, 1030);
    add(o, "b", 1020); /* a copy */
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    add(o, "d", 1115);
    ck_assert_str_eq(delivered, "a");
    finish(o, "abcd");
}
END_TEST

START_TEST(test_smaller_window_lets_go)
{
    struct order *o = order_of(100);
    add(o, "c", 1030);
    add(o, "b", 1020);
    add(o, "a", 1010);
    o = go_on(o, 10);
    ck_assert_str_eq(delivered, "a");
    ck_assert_uint_eq(order_counts(o).waiting, 2);
    ck_assert_uint_eq(order_counts(o).late, 0);
    finish(o, "abc");
}
END_TEST

START_TEST(test_no_window_lets_all_but_the_newest_go)
{
    struct order *o = order_of(100);
    add(o, "b", 1020);
    add(o, "c", 1030);
    add(o, "a", 1010);
    o = go_on(o, 0);
    ck_assert_str_eq(delivered, "ab");
    add(o, "c", 1030);
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    finish(o, "abc");
}
END_TEST

START_TEST(test_larger_window_keeps_them)
{
    struct order *o = order_of(100);
    add(o, "b", 1020);
    add(o, "a", 1010);
    o = go_on(o, 100000);
    add(o, "z", 1000);
    ck_assert_str_eq(delivered, "");
    finish(o, "zab");
}
END_TEST

START_TEST(test_the_first_event_still_waits_for_a_second)
{
    struct order *o = order_of(100);
    add(o, "a", 1000);
    ck_assert_int_eq(order_clock(o).newest_s, TIME_NONE);
    o = go_on(o, 100);
    ck_assert_int_eq(order_clock(o).newest_s, TIME_NONE);
    ck_assert_uint_eq(order_counts(o).waiting, 1);
    add(o, "b", 1001);
    ck_assert_int_eq(order_clock(o).newest_s, 1001);
    finish(o, "ab");
}
END_TEST

START_TEST(test_a_wrong_clock_still_waits)
{
    struct order *o = order_of(100);
    add(o, "a", 1000);
    add(o, "b", 1001);
    add(o, "y", 900000);
    add(o, "x", 800000);
    o = go_on(o, 100);
    ck_assert_int_eq(order_clock(o).newest_s, 1001);
    ck_assert_uint_eq(order_counts(o).waiting, 4);
    add(o, "c", 1002);
    finish(o, "abcxy");
}
END_TEST

START_TEST(test_copies_of_what_was_judged_are_known)
{
    struct order *o = order_of(0);
    add(o, "a", 1000);
    add(o, "b", 1000);
    ck_assert_str_eq(delivered, "ab");
    o = go_on(o, 0);
    add(o, "a", 1000);
    add(o, "b", 1000);
    ck_assert_uint_eq(order_counts(o).repeated, 2);
    add(o, "c", 1001);
    add(o, "c", 1001);
    ck_assert_uint_eq(order_counts(o).repeated, 3);
    finish(o, "c");
}
END_TEST

static bool refuse(void *self, const struct event *e, enum order_place where)
{
    (void)self;
    (void)e;
    (void)where;
    return false;
}

START_TEST(test_visit_can_stop)
{
    struct order *o = order_of(100);
    ck_assert(order_each(o, refuse, NULL));
    add(o, "a", 1000);
    ck_assert(!order_each(o, refuse, NULL));
    order_free(o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orderstate");
    TCase *t = tcase_create("orderstate");
    tcase_add_test(t, test_what_waits_goes_on_waiting);
    tcase_add_test(t, test_smaller_window_lets_go);
    tcase_add_test(t, test_no_window_lets_all_but_the_newest_go);
    tcase_add_test(t, test_larger_window_keeps_them);
    tcase_add_test(t, test_the_first_event_still_waits_for_a_second);
    tcase_add_test(t, test_a_wrong_clock_still_waits);
    tcase_add_test(t, test_copies_of_what_was_judged_are_known);
    tcase_add_test(t, test_visit_can_stop);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
