/* ageing: what the address book forgets, when, and what not. */
#include "book_kit.h"

#include "ctlock/registers.h"

enum { KEEP_S = 1000, DAY_S = 86400 };

static const char *used; /* an instance that has a row */

static bool in_use(void *self, struct str instance)
{
    (void)self;
    return used && str_eq(instance, str_of(used));
}

static void setup_ageing(void)
{
    book = book_new((struct hash_key){1, 2}, TTL_S, &(struct book_hooks){.in_use = in_use});
    ck_assert_ptr_nonnull(book);
    book_limit(book, KEEP_S, 0);
    used = NULL;
}

static uint64_t facts(void)
{
    return book_counts(book).facts;
}

/* What an end leaves is kept as long again. */
static void much_later(int64_t time_s)
{
    for (int i = 1; i <= 4; i++)
        book_advance(book, time_s + i * (KEEP_S + 1));
}

#define TERMINATE(time, who) time " TerminateInstances {'instancesSet':[{'instanceId':'" who "'}]}"
#define STOP(time, who) time " StopInstances {'instancesSet':[{'instanceId':'" who "'}]}"

/* Tell form at time_s, with n for each #. */
static void tell_of(const char *form, int time_s, int n)
{
    static struct buf text;
    buf_clear(&text);
    buf_printf(&text, "%d ", time_s);
    put_form(&text, form, n);
    buf_putc(&text, '\0');
    ck_assert(!text.failed);
    ck_assert_int_eq(tell(text.p), BOOK_APPLIED);
}

START_TEST(a_terminated_instance_goes_with_all_of_it)
{
    TELL(RUN("100", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(ALLOCATE("100", "al-1", "192.0.2.1"));
    TELL(ASSOCIATE_ALLOC("101", "i-1", "al-1", "as-1"));
    TELL(ASSOCIATE_IP("101", "i-1", "192.0.2.2", "as-2"));
    TELL("102 AssociateAddress {'instanceId':'i-1','publicIp':'192.0.2.3'}");
    TELL(STOP("150", "i-1"));
    TELL(TERMINATE("200", "i-1"));
    book_advance(book, 1200);
    book_advance(book, 1200);
    ck_assert(has_private("i-1", "10.0.0.1"));
    ck_assert(has_public("i-1", "192.0.2.1"));
    ck_assert_int_eq(life_of(STR("i-1")).terminated_s, 200);
    book_advance(book, 1200 + KEEP_S + 1); /* looked at again */
    ck_assert(!has_private("i-1", "10.0.0.1"));
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert_int_eq(life_of(STR("i-1")).terminated_s, TIME_NONE);
    much_later(2201);
    ck_assert_uint_eq(facts(), 2); /* the allocation, and its address */
    TELL("9000 ReleaseAddress {'allocationId':'al-1'}");
    much_later(9000);
    ck_assert_uint_eq(facts(), 0);
    ck_assert_uint_eq(book_counts(book).forgotten_early, 0);
}
END_TEST

START_TEST(an_instance_in_use_stays)
{
    TELL(RUN("100", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(TERMINATE("200", "i-1"));
    used = "i-1";
    much_later(200);
    ck_assert(has_private("i-1", "10.0.0.1"));
    ck_assert_int_eq(life_of(STR("i-1")).terminated_s, 200);
    used = NULL;
    much_later(9000);
    much_later(19000);
    ck_assert_uint_eq(facts(), 0);
}
END_TEST

START_TEST(a_running_instance_stays)
{
    TELL(RUN("100", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(NAT("100", "nat-1", "vpc-1", "al-1"));
    for (int i = 1; i < 90; i++)
        book_advance(book, 100 + i * DAY_S);
    ck_assert(has_private("i-1", "10.0.0.1"));
    used = "i-1";
    book_advance(book, 100 + 90 * DAY_S);
    used = NULL;
    for (int i = 91; i < 180; i++)
        book_advance(book, 100 + i * DAY_S);
    ck_assert(has_private("i-1", "10.0.0.1"));
    for (int i = 180; i < 190; i++)
        book_advance(book, 100 + i * DAY_S);
    ck_assert(!has_private("i-1", "10.0.0.1"));
    ck_assert_uint_eq(facts(), 2); /* the gateway and its VPC */
}
END_TEST

START_TEST(an_interface_of_its_own_outlives_its_instance)
{
    TELL(CREATE("100", "eni-2", "10.0.0.2"));
    TELL(ATTACH("101", "eni-2", "i-1", "at-2"));
    TELL(TERMINATE("200", "i-1"));
    much_later(200);
    TELL(ATTACH("9000", "eni-2", "i-2", "at-3"));
    ck_assert(has_private("i-2", "10.0.0.2"));
    ck_assert(!credit("i-2", SLOT_PRIVATE));
    TELL(DETACH("9001", "at-3"));
    TELL("9002 DeleteNetworkInterface {'networkInterfaceId':'eni-2'}");
    much_later(9002);
    ck_assert_uint_eq(facts(), 0);
}
END_TEST

START_TEST(an_end_is_known_to_what_comes_late)
{
    TELL(CREATE("100", "eni-1", "10.0.0.1"));
    TELL(ATTACH("101", "eni-1", "i-1", "at-1"));
    TELL(DETACH("500", "at-1"));
    book_advance(book, 1500);
    TELL("~300 AttachNetworkInterface {'networkInterfaceId':'eni-1','instanceId':'i-1'} "
         "{'attachmentId':'at-1'}");
    ck_assert(!has_private("i-1", "10.0.0.1"));
    TELL(UNASSIGN("501", "eni-1", "10.0.0.1"));
    book_advance(book, 1501);
    TELL("~400 AssignPrivateIpAddresses {'networkInterfaceId':'eni-1','privateIpAddress':"
         "'10.0.0.1'}");
    TELL(ATTACH("1600", "eni-1", "i-1", "at-2"));
    ck_assert(!has_private("i-1", "10.0.0.1"));
}
END_TEST

START_TEST(ends_alone_go)
{
    TELL(DISASSOCIATE("100", "as-1"));
    TELL(DETACH("100", "at-1"));
    TELL(UNASSIGN("100", "eni-1", "10.0.0.1"));
    TELL("100 ReleaseAddress {'allocationId':'al-1'}");
    TELL("100 ReleaseAddress {'publicIp':'192.0.2.1'}");
    TELL("100 DeleteNetworkInterface {'networkInterfaceId':'eni-2'}");
    TELL("100 DeleteNatGateway {'natGatewayId':'nat-1'}");
    TELL(STOP("100", "i-1"));
    TELL("101 StartInstances {'instancesSet':[{'instanceId':'i-1'}]}");
    ck_assert_uint_ge(facts(), 8);
    book_advance(book, 1100);
    ck_assert_uint_ge(facts(), 8);
    much_later(1101);
    ck_assert_uint_eq(facts(), 0);
}
END_TEST

START_TEST(a_stop_is_known_for_long)
{
    TELL(STOP("100", "i-1"));
    for (int i = 1; i < 90; i++)
        book_advance(book, 100 + i * DAY_S);
    ck_assert_int_eq(life_of(STR("i-1")).stopped_s, 100);
    for (int i = 90; i < 100; i++)
        book_advance(book, 100 + i * DAY_S);
    ck_assert_uint_eq(facts(), 0);
    book_limit(book, KEEP_S, 100);
    for (int n = 0; n < 1000; n++)
        tell_of("StopInstances {'instancesSet':[{'instanceId':'i-#'}]}", 100 * DAY_S, n);
    ck_assert_uint_le(facts(), 101);
}
END_TEST

START_TEST(a_nat_gateway_goes_once_deleted)
{
    TELL(ALLOCATE("100", "al-1", "192.0.2.1"));
    TELL(NAT("101", "nat-1", "vpc-1", "al-1"));
    TELL(RUN("102", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    much_later(102);
    ck_assert(has_public("i-1", "192.0.2.1"));
    TELL("9000 DeleteNatGateway {'natGatewayId':'nat-1'}");
    TELL("9000 ReleaseAddress {'allocationId':'al-1'}");
    TELL(TERMINATE("9000", "i-1"));
    much_later(9000);
    ck_assert_uint_eq(facts(), 0);
}
END_TEST

/* A launch and an end each second: no more is known than of the last of them. (A million pass, too,
 * in half a minute.) */
START_TEST(many_instances_leave_nothing)
{
    uint64_t most = 0;
    for (int n = 0; n < 150000; n++) {
        tell_of("RunInstances {} {'instancesSet':[{'instanceId':'i-#','networkInterfaceSet':[{"
                "'networkInterfaceId':'eni-#','attachment':{'attachmentId':'at-#'},"
                "'privateIpAddress':'10.0.0.1'}]}]}",
                n, n);
        if (n >= 50)
            tell_of("TerminateInstances {'instancesSet':[{'instanceId':'i-#'}]}", n, n - 50);
        book_advance(book, n);
        most = facts() > most ? facts() : most;
    }
    ck_assert_uint_gt(most, (uint64_t)6 * KEEP_S);
    ck_assert_uint_lt(most, (uint64_t)14 * KEEP_S);
    ck_assert_uint_lt(book->ageing.cap, (size_t)64 * KEEP_S);
}
END_TEST

/* All in one second, so that nothing is old. */
START_TEST(a_full_book_drops_what_has_ended)
{
    book_limit(book, KEEP_S, 100);
    TELL(RUN("100", "i-x", "vpc-1", "eni-x", "at-x", "10.0.0.1"));
    for (int n = 0; n < 10000; n++) {
        tell_of("TerminateInstances {'instancesSet':[{'instanceId':'i-#'}]}", 100, n);
        ck_assert_uint_le(facts(), 101);
    }
    ck_assert_int_eq(life_of(STR("i-9999")).terminated_s, 100);
    ck_assert_int_eq(life_of(STR("i-1")).terminated_s, TIME_NONE);
    ck_assert_uint_gt(book_counts(book).forgotten_early, 9000);
    ck_assert_uint_eq(book_counts(book).left_out, 0);
    ck_assert(has_private("i-x", "10.0.0.1"));
}
END_TEST

START_TEST(a_full_book_ends_things_and_learns_none)
{
    book_limit(book, KEEP_S, 8);
    TELL(RUN("100", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(ALLOCATE("100", "al-1", "192.0.2.1"));
    ck_assert_uint_ge(facts(), 8);
    ck_assert_int_eq(tell(ALLOCATE("100", "al-2", "192.0.2.2")), BOOK_IGNORED);
    ck_assert_uint_eq(book_counts(book).left_out, 1);
    TELL(UNASSIGN("101", "eni-1", "10.0.0.1"));
    ck_assert(!has_private("i-1", "10.0.0.1"));
    TELL(ALLOCATE("102", "al-2", "192.0.2.2")); /* there is room again */
    TELL(TERMINATE("103", "i-1"));
    ck_assert_int_eq(life_of(STR("i-1")).terminated_s, 103);
}
END_TEST

/* Things without a name come and go within a second. */
START_TEST(the_list_of_what_is_watched_does_not_grow)
{
    TELL(ALLOCATE("100", "al-1", "192.0.2.1"));
    for (int n = 0; n < 20000; n++) {
        TELL("100 AssociateAddress {'instanceId':'i-1','allocationId':'al-1'}");
        TELL("100 DisassociateAddress {'publicIp':'192.0.2.1'}");
    }
    ck_assert_uint_le(facts(), 4);
    ck_assert_uint_le(book->ageing.cap, 64);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ageing");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup_ageing, teardown);
    tcase_add_test(t, a_terminated_instance_goes_with_all_of_it);
    tcase_add_test(t, an_instance_in_use_stays);
    tcase_add_test(t, a_running_instance_stays);
    tcase_add_test(t, an_interface_of_its_own_outlives_its_instance);
    tcase_add_test(t, an_end_is_known_to_what_comes_late);
    tcase_add_test(t, ends_alone_go);
    tcase_add_test(t, a_stop_is_known_for_long);
    tcase_add_test(t, a_nat_gateway_goes_once_deleted);
    tcase_add_test(t, many_instances_leave_nothing);
    tcase_add_test(t, a_full_book_drops_what_has_ended);
    tcase_add_test(t, a_full_book_ends_things_and_learns_none);
    tcase_add_test(t, the_list_of_what_is_watched_does_not_grow);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
