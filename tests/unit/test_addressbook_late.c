/* addressbook: changes that come late, and ends told before beginnings. */
#include "book_kit.h"

START_TEST(late_changes_undo_nothing_newer)
{
    TELL(ASSOCIATE_IP("20", "i-2", "192.0.2.1", "as-2"));
    TELLS("~" ASSOCIATE_IP("10", "i-1", "192.0.2.1", "as-1"), "i-1?<=10;");
    ck_assert(has_public("i-2", "192.0.2.1") && !has_public("i-1", "192.0.2.1"));
    TELLS("~" DISASSOCIATE("15", "as-2"), "");
    TELLS("~" DISASSOCIATE("12", "as-1"), "");
    TELLS("~11 ReleaseAddress {'publicIp':'192.0.2.1'}", "");
    ck_assert(has_public("i-2", "192.0.2.1"));
    TELLS("~" DISASSOCIATE("25", "as-2"), "i-2-192.0.2.1<=25;i-2?<=25;");

    TELL(CREATE("20", "eni-1", "10.0.0.1"));
    TELL(ATTACH("30", "eni-1", "i-2", "at-2"));
    TELLS("~" ATTACH("25", "eni-1", "i-1", "at-1"), "");
    TELLS("~" UNASSIGN("15", "eni-1", "10.0.0.1"), "");
    TELLS("~" DETACH("27", "at-1"), "");
    TELLS("~28 DeleteNetworkInterface {'networkInterfaceId':'eni-1'}", "i-2~10.0.0.1<=28;");
    TELLS("~" ASSIGN("29", "eni-1", "10.0.0.1"), "");
    ck_assert(has_private("i-2", "10.0.0.1"));
}
END_TEST

START_TEST(a_late_association_of_what_moved_on_is_over)
{
    TELL(CREATE("1", "eni-1", "10.0.0.1"));
    TELL(ASSOCIATE_ALLOC("20", "i-2", "al-1", "as-2"));
    TELL("~" ASSOCIATE_ENI("10", "eni-1", "al-1", "as-1"));
    TELL("~10 AssociateAddress {'networkInterfaceId':'eni-1','allocationId':'al-1'}");
    TELL(ATTACH("30", "eni-1", "i-1", "at-1"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    ck_assert(credit("i-2", SLOT_PUBLIC));
}
END_TEST

START_TEST(a_late_launch_keeps_the_vpc)
{
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELL(NAT("1", "nat-1", "vpc-1", "al-1"));
    TELL(RUN("20", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELLS("~" RUN("10", "i-1", "vpc-2", "eni-1", "at-1", "10.0.0.1"), "");
    ck_assert(has_public("i-1", "192.0.2.1"));
}
END_TEST

START_TEST(late_changes_grant_no_credit)
{
    TELL("~" ATTACH("1", "eni-1", "i-1", "at-1"));
    TELL("~" ASSOCIATE_ALLOC("1", "i-1", "al-1", "as-1"));
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
}
END_TEST

START_TEST(ends_are_remembered_before_beginnings)
{
    TELL(DISASSOCIATE("20", "as-1"));
    TELL("~" ASSOCIATE_IP("10", "i-1", "192.0.2.1", "as-1"));
    ck_assert(!has_public("i-1", "192.0.2.1"));
    TELL("20 ReleaseAddress {'allocationId':'al-2'}");
    TELL("~" ALLOCATE("10", "al-2", "192.0.2.2"));
    TELL(ASSOCIATE_ALLOC("30", "i-1", "al-2", "as-2"));
    ck_assert(!has_public("i-1", "192.0.2.2"));
    TELL(DETACH("20", "at-3"));
    TELL("~" ATTACH("10", "eni-3", "i-1", "at-3"));
    TELL(ASSIGN("20", "eni-3", "10.0.0.3"));
    ck_assert(!has_private("i-1", "10.0.0.3"));
    TELL("20 DeleteNatGateway {'natGatewayId':'nat-4'}");
    TELL(RUN("20", "i-4", "vpc-4", "eni-4", "at-4", "10.0.0.4"));
    TELL(ALLOCATE("20", "al-4", "192.0.2.4"));
    TELL("~" NAT("10", "nat-4", "vpc-4", "al-4"));
    ck_assert(!has_public("i-4", "192.0.2.4"));
    TELL("20 ReleaseAddress {'publicIp':'192.0.2.5'}");
    TELL("~" ASSOCIATE_IP("10", "i-1", "192.0.2.5", "as-5"));
    ck_assert(!has_public("i-1", "192.0.2.5"));
    TELL("20 DeleteNetworkInterface {'networkInterfaceId':'eni-6'}");
    TELL("~" RUN("10", "i-6", "vpc-6", "eni-6", "at-6", "10.0.0.6"));
    ck_assert(!has_private("i-6", "10.0.0.6"));
    TELL(UNASSIGN("20", "eni-4", "10.0.0.7"));
    TELL("~" ASSIGN("10", "eni-4", "10.0.0.7"));
    ck_assert(!has_private("i-4", "10.0.0.7"));
}
END_TEST

START_TEST(a_late_copy_of_the_present_changes_nothing)
{
    TELL(ASSOCIATE_ALLOC("10", "i-1", "al-1", "as-1"));
    TELLS("~" ASSOCIATE_ALLOC("10", "i-1", "al-1", "as-1"), "");
    ck_assert(credit("i-1", SLOT_PUBLIC));
    TELL("10 AssociateAddress {'instanceId':'i-2','allocationId':'al-2'}");
    TELLS("~10 AssociateAddress {'instanceId':'i-2','allocationId':'al-2'}", "");
    ck_assert(credit("i-2", SLOT_PUBLIC));
    ck_assert(spend("i-2", SLOT_PUBLIC, "192.0.2.2", 11));
    TELLS("~10 AssociateAddress {'instanceId':'i-2','allocationId':'al-2'}", "");
    ck_assert(has_public("i-2", "192.0.2.2"));
    TELL(ATTACH("10", "eni-1", "i-1", "at-1"));
    TELLS("~" ATTACH("10", "eni-1", "i-1", "at-1"), "");
    ck_assert(credit("i-1", SLOT_PRIVATE));
}
END_TEST

static Suite *addressbook_late_suite(void)
{
    Suite *s = suite_create("addressbook_late");
    TCase *t = tcase_create("addressbook_late");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, late_changes_undo_nothing_newer);
    tcase_add_test(t, a_late_association_of_what_moved_on_is_over);
    tcase_add_test(t, a_late_launch_keeps_the_vpc);
    tcase_add_test(t, late_changes_grant_no_credit);
    tcase_add_test(t, ends_are_remembered_before_beginnings);
    tcase_add_test(t, a_late_copy_of_the_present_changes_nothing);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(addressbook_late_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    buf_free(&log_text);
    return failed != 0;
}
