#include "made_event.h"

#include <check.h>
#include <stdio.h>

static const struct made_field whole[] = {
    {EF_PARTITION, "aws"}, {EF_ACCOUNT, "111122223333"}, {EF_ROLE, "app"}, {EF_SESSION, "i-1234"},
    {EF_EVENT_ID, "e"},    {EF_SHARED_EVENT_ID, "s"},    {EF_REGION, "r"}, {0, NULL}};
enum { N_WHOLE = sizeof whole / sizeof whole[0] };

/* The hashes of the whole event with another text in one field; without the field for NULL. */
static struct event_hashes hash_with(enum event_field field, const char *text)
{
    struct made_field fields[N_WHOLE] = {0};
    size_t n = 0;
    for (const struct made_field *f = whole; f->text; f++) {
        if (f->field != field)
            fields[n++] = *f;
        else if (text)
            fields[n++] = (struct made_field){field, text};
    }
    struct event *e = make_event(EVENT_CALL, 1, fields);
    struct event_hashes h = e->hash;
    free(e);
    return h;
}

/* Each hash changes with the names that it is of, and with no other text. */
START_TEST(test_a_hash_is_of_its_names)
{
    struct event_hashes as_is = hash_with(EF_REGION, "r");
    for (const struct made_field *f = whole; f->text; f++) {
        struct event_hashes h = hash_with(f->field, "other");
        bool of_session = f->field == EF_SESSION || f->field == EF_ROLE;
        if (of_session)
            ck_assert_uint_ne(h.session, as_is.session);
        else if (f->field != EF_ACCOUNT && f->field != EF_PARTITION)
            ck_assert_uint_eq(h.session, as_is.session);
        ck_assert((h.instance != as_is.instance) == (f->field == EF_SESSION));
        ck_assert((h.own != as_is.own) == (f->field == EF_EVENT_ID));
        if (of_session || f->field == EF_SHARED_EVENT_ID)
            ck_assert_uint_ne(h.shared, as_is.shared);
    }
}
END_TEST

START_TEST(test_what_is_absent_or_empty_has_none)
{
    static const char *const nothing[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(hash_with(EF_EVENT_ID, nothing[i]).own, 0);
        ck_assert_uint_eq(hash_with(EF_SHARED_EVENT_ID, nothing[i]).shared, 0);
        ck_assert_uint_eq(hash_with(EF_SESSION, nothing[i]).session, 0);
        ck_assert_uint_eq(hash_with(EF_SESSION, nothing[i]).instance, 0);
    }
    ck_assert_uint_eq(hash_with(EF_SESSION, NULL).shared, 0);
}
END_TEST

/* The set tells by the last bit which of the two names a hash is of. */
START_TEST(test_the_two_names_differ_in_the_last_bit)
{
    for (unsigned i = 0; i < 100; i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "%u", i);
        ck_assert_uint_eq(hash_with(EF_EVENT_ID, text).own % 2, 1);
        ck_assert_uint_eq(hash_with(EF_SHARED_EVENT_ID, text).shared % 2, 0);
    }
}
END_TEST

/* Ids made from names of the session are as good as others. */
START_TEST(test_no_id_cancels_a_session)
{
    static const enum event_field of[] = {EF_SESSION, EF_ROLE};
    for (size_t i = 0; i < 2; i++) {
        uint64_t first = 0;
        for (unsigned k = 0; k < 20; k++) {
            char text[16];
            (void)snprintf(text, sizeof text, "i-%08u", k);
            struct event *e = make_event(EVENT_CALL, 1,
                                         (struct made_field[]){{EF_PARTITION, "aws"},
                                                               {EF_ACCOUNT, "111122223333"},
                                                               {EF_ROLE, "app"},
                                                               {EF_SESSION, "i-1234"},
                                                               {of[i], text},
                                                               {EF_SHARED_EVENT_ID, text},
                                                               {0, NULL}});
            ck_assert_uint_ne(e->hash.shared, first);
            first = k ? first : e->hash.shared;
            free(e);
        }
    }
}
END_TEST

/* The two sessions, which differ in one part alone. */
static void assert_apart(struct session_parts a, struct session_parts b)
{
    ck_assert_uint_ne(session_hash(made_key, &a), session_hash(made_key, &b));
}

/* Of whatever length: a million sessions that differ in one part alone must not share a bucket. */
START_TEST(test_each_part_counts)
{
    const struct session_parts s = {STR("aws"), STR("111122223333"), STR("app"), STR("i-1234")};
    static const char *const accounts[][2] = {{"111122223333", "211122223333"},
                                              {"111122223333", "111122223334"},
                                              {"111122223333", "111122233333"},
                                              {"11112222333", "11112222334"},
                                              {"1111222233334", "1111222233335"}};
    static const char *const partitions[][2] = {
        {"aws", "awt"}, {"aws", "aws-cn"}, {"aws-cn", "aws-cm"}, {"a", "b"}};
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        struct session_parts a = s, b = s;
        a.account = str_of(accounts[i][0]);
        b.account = str_of(accounts[i][1]);
        assert_apart(a, b);
    }
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
        struct session_parts a = s, b = s;
        a.partition = str_of(partitions[i][0]);
        b.partition = str_of(partitions[i][1]);
        assert_apart(a, b);
    }
}
END_TEST

START_TEST(test_the_key_decides)
{
    struct session_parts s = {STR("aws"), STR("111122223333"), STR("app"), STR("i-1234")};
    struct event_hashes h = hash_with(EF_REGION, "r");
    ck_assert_uint_eq(h.session, session_hash(made_key, &s));
    ck_assert_uint_eq(h.instance, siphash13(made_key, s.session.p, s.session.n));
    ck_assert_uint_ne(session_hash((struct hash_key){1, 3}, &s), session_hash(made_key, &s));
    ck_assert_uint_ne(session_hash((struct hash_key){2, 2}, &s), session_hash(made_key, &s));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eventhash");
    TCase *t = tcase_create("eventhash");
    tcase_add_test(t, test_a_hash_is_of_its_names);
    tcase_add_test(t, test_what_is_absent_or_empty_has_none);
    tcase_add_test(t, test_the_two_names_differ_in_the_last_bit);
    tcase_add_test(t, test_no_id_cancels_a_session);
    tcase_add_test(t, test_each_part_counts);
    tcase_add_test(t, test_the_key_decides);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
