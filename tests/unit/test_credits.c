/* credits: addresses that are an instance's though the trail does not tell which. */
#include "book_kit.h"

START_TEST(an_unknown_address_is_a_credit)
{
    TELLS(ASSOCIATE_ALLOC("10", "i-1", "al-1", "as-1"), "");
    ck_assert(book_has_credit(book, STR("i-1"), SLOT_PUBLIC, 10 + TTL_S, true));
    ck_assert(!book_has_credit(book, STR("i-1"), SLOT_PUBLIC, 11 + TTL_S, true));
    ck_assert(!credit("i-1", SLOT_PRIVATE));
    ck_assert(!credit("i-1", SLOT_IPV6));
    ck_assert(!credit("i-2", SLOT_PUBLIC));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 11 + TTL_S));
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 20));
    check_log("");
    ck_assert(has_public("i-1", "192.0.2.1"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.2", 20));
    ck_assert(!has_public("i-1", "192.0.2.2"));
    TELLS(DISASSOCIATE("30", "as-1"), "i-1-192.0.2.1;i-1?;");
}
END_TEST

START_TEST(what_spends_a_credit_takes_the_address)
{
    TELL(ASSOCIATE_IP("1", "i-2", "192.0.2.1", "as-1"));
    TELL(ASSOCIATE_ALLOC("10", "i-1", "al-1", "as-2"));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 11));
    check_log("i-2-192.0.2.1;");
    TELLS(DISASSOCIATE("20", "as-1"), "");
}
END_TEST

START_TEST(a_text_spends_a_credit_for_nothing)
{
    TELL(ASSOCIATE_ALLOC("10", "i-1", "al-1", "as-1"));
    ck_assert(book_spend(book, STR("i-1"), SLOT_PUBLIC, (struct ip){0}, 11, false));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    TELLS(DISASSOCIATE("20", "as-1"), "i-1?;");
}
END_TEST

START_TEST(an_end_voids_the_credit)
{
    TELL(ASSOCIATE_ALLOC("1", "i-1", "al-1", "as-1"));
    TELLS(DISASSOCIATE("2", "as-1"), "i-1?;");
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    TELL(ASSOCIATE_ALLOC("3", "i-1", "al-1", "as-2"));
    TELLS("4 ReleaseAddress {'allocationId':'al-1'}", "");
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    TELL(ASSOCIATE_ALLOC("5", "i-1", "al-1", "as-3"));
    TELL(ASSOCIATE_ALLOC("6", "i-2", "al-1", "as-4"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    ck_assert(credit("i-2", SLOT_PUBLIC));
    /* A second credit replaces the first; the end of the first does not void it. */
    TELL(ASSOCIATE_ALLOC("7", "i-2", "al-2", "as-5"));
    TELL(DISASSOCIATE("8", "as-4"));
    ck_assert(credit("i-2", SLOT_PUBLIC));
    ck_assert(book_has_credit(book, STR("i-2"), SLOT_PUBLIC, 7 + TTL_S, true));
}
END_TEST

START_TEST(a_replaced_lock_moves_what_the_credit_made)
{
    TELL(ASSOCIATE_ALLOC("1", "i-1", "al-1", "as-1"));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 2));
    ck_assert(book_move(book, STR("i-1"), ip_of("192.0.2.1"), ip_of("192.0.2.2"), 3));
    check_log("i-1-192.0.2.1;");
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert(has_public("i-1", "192.0.2.2"));
    TELLS(DISASSOCIATE("4", "as-1"), "i-1-192.0.2.2;i-1?;");
    /* An address that the trail told does not move. */
    TELL(ASSOCIATE_IP("5", "i-1", "192.0.2.1", "as-2"));
    ck_assert(book_move(book, STR("i-1"), ip_of("192.0.2.1"), ip_of("192.0.2.2"), 6));
    ck_assert(has_public("i-1", "192.0.2.1"));
    ck_assert(book_move(book, STR("i-1"), ip_of("192.0.2.9"), ip_of("192.0.2.2"), 6));
    ck_assert(!has_public("i-1", "192.0.2.2"));
}
END_TEST

START_TEST(an_untold_interface_is_worth_credits)
{
    TELLS(ATTACH("1", "eni-1", "i-1", "at-1"), "");
    ck_assert(credit("i-1", SLOT_PRIVATE) && credit("i-1", SLOT_PUBLIC));
    ck_assert(!book_has_credit(book, STR("i-1"), SLOT_PUBLIC, 1, true));
    ck_assert(spend("i-1", SLOT_PRIVATE, "10.0.0.1", 2));
    ck_assert(book_spend(book, STR("i-1"), SLOT_PUBLIC, ip_of("192.0.2.1"), 2, true));
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 2));
    ck_assert(has_private("i-1", "10.0.0.1") && has_public("i-1", "192.0.2.1"));
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
    TELLS(DETACH("3", "at-1"), "i-1~10.0.0.1;i-1-192.0.2.1;");
    /* Now both are told. */
    TELL(ATTACH("4", "eni-1", "i-2", "at-2"));
    ck_assert(!credit("i-2", SLOT_PRIVATE) && !credit("i-2", SLOT_PUBLIC));
    ck_assert(has_private("i-2", "10.0.0.1") && has_public("i-2", "192.0.2.1"));
}
END_TEST

START_TEST(detaching_voids_credits)
{
    TELL(ATTACH("1", "eni-1", "i-1", "at-1"));
    TELL(DETACH("2", "at-1"));
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
    TELL(ATTACH("3", "eni-1", "i-1", "at-2"));
    TELL("4 DeleteNetworkInterface {'networkInterfaceId':'eni-1'}");
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
    /* Those of another interface stay. */
    TELL(ATTACH("5", "eni-1", "i-1", "at-3"));
    TELL(ATTACH("6", "eni-2", "i-1", "at-4"));
    TELL(DETACH("7", "at-3"));
    ck_assert(credit("i-1", SLOT_PRIVATE) && credit("i-1", SLOT_PUBLIC));
}
END_TEST

START_TEST(an_untold_address_of_an_interface_is_a_credit_when_attached)
{
    TELL(CREATE("1", "eni-1", "10.0.0.1"));
    TELL(ASSOCIATE_ENI("2", "eni-1", "al-1", "as-1"));
    TELL(ATTACH("3", "eni-1", "i-1", "at-1"));
    ck_assert(!credit("i-1", SLOT_PRIVATE));
    ck_assert(book_has_credit(book, STR("i-1"), SLOT_PUBLIC, 3, true));
    TELL(DETACH("4", "at-1"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    TELL(ATTACH("5", "eni-1", "i-1", "at-2"));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 6));
    TELLS(DISASSOCIATE("7", "as-1"), "i-1-192.0.2.1;i-1?;");
    /* On an attached one it is a credit at once. */
    TELLS(ASSOCIATE_ENI("8", "eni-1", "al-1", "as-2"), "");
    ck_assert(credit("i-1", SLOT_PUBLIC));
    TELLS(DISASSOCIATE("9", "as-2"), "i-1?;");
    ck_assert(!credit("i-1", SLOT_PUBLIC));
}
END_TEST

START_TEST(an_address_told_at_last_ends_the_credit)
{
    TELL(ASSOCIATE_ALLOC("1", "i-1", "al-1", "as-1"));
    TELL(ALLOCATE("2", "al-1", "192.0.2.1"));
    TELL(ASSOCIATE_ALLOC("3", "i-1", "al-1", "as-1"));
    ck_assert(has_public("i-1", "192.0.2.1"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    /* Nor does it move, even where a credit made it before. */
    TELL(ASSOCIATE_ALLOC("4", "i-2", "al-2", "as-2"));
    ck_assert(spend("i-2", SLOT_PUBLIC, "192.0.2.2", 5));
    TELL(ASSOCIATE_IP("6", "i-2", "192.0.2.2", "as-2"));
    ck_assert(book_move(book, STR("i-2"), ip_of("192.0.2.2"), ip_of("192.0.2.3"), 7));
    ck_assert(has_public("i-2", "192.0.2.2"));
}
END_TEST

START_TEST(what_an_interface_has_by_a_credit_moves)
{
    TELL(ATTACH("1", "eni-1", "i-1", "at-1"));
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 2));
    ck_assert(book_move(book, STR("i-1"), ip_of("192.0.2.1"), ip_of("192.0.2.2"), 3));
    ck_assert(has_public("i-1", "192.0.2.2") && !has_public("i-1", "192.0.2.1"));
}
END_TEST

START_TEST(attaching_anew_voids_credits)
{
    TELL(ATTACH("1", "eni-1", "i-1", "at-1"));
    TELL(ASSIGN("2", "eni-1", "10.0.0.1"));
    ck_assert(credit("i-1", SLOT_PRIVATE));
    TELL(ATTACH("3", "eni-1", "i-1", "at-2"));
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
    /* No address is told any more. */
    TELL(UNASSIGN("4", "eni-1", "10.0.0.1"));
    TELL(ATTACH("5", "eni-1", "i-1", "at-3"));
    ck_assert(credit("i-1", SLOT_PRIVATE) && credit("i-1", SLOT_PUBLIC));
}
END_TEST

static Suite *credits_suite(void)
{
    Suite *s = suite_create("credits");
    TCase *t = tcase_create("credits");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_unknown_address_is_a_credit);
    tcase_add_test(t, what_spends_a_credit_takes_the_address);
    tcase_add_test(t, a_text_spends_a_credit_for_nothing);
    tcase_add_test(t, an_end_voids_the_credit);
    tcase_add_test(t, a_replaced_lock_moves_what_the_credit_made);
    tcase_add_test(t, an_untold_interface_is_worth_credits);
    tcase_add_test(t, detaching_voids_credits);
    tcase_add_test(t, an_untold_address_of_an_interface_is_a_credit_when_attached);
    tcase_add_test(t, an_address_told_at_last_ends_the_credit);
    tcase_add_test(t, what_an_interface_has_by_a_credit_moves);
    tcase_add_test(t, attaching_anew_voids_credits);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(credits_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    buf_free(&log_text);
    return failed != 0;
}
