/* addressbook: what becomes known of addresses, and what ends. */
#include "book_kit.h"

START_TEST(an_empty_book_knows_nothing)
{
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert(!has_private("i-1", "10.0.0.1"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    ck_assert(!book_knows(book, STR("i-1"), (struct ip){0}, SLOT_PUBLIC));
    ck_assert_ptr_null(book_whose(book, ip_of("192.0.2.1"), SLOT_PUBLIC, STR("i-1")).p);
    struct book_life life = life_of(STR("i-1"));
    ck_assert(life.terminated_s == TIME_NONE && life.stopped_s == TIME_NONE &&
              life.started_s == TIME_NONE);
    ck_assert(spend("i-1", SLOT_PUBLIC, "192.0.2.1", 5));
    ck_assert(!has_public("i-1", "192.0.2.1"));
    book_free(NULL);
}
END_TEST

START_TEST(hooks_may_be_absent)
{
    struct addressbook *was = book;
    book = book_new((struct hash_key){1, 2}, TTL_S, &(struct book_hooks){0});
    TELL(ASSOCIATE_IP("1", "i-1", "192.0.2.1", "as-1"));
    TELL(DISASSOCIATE("2", "as-1"));
    TELL(CREATE("3", "eni-1", "10.0.0.1"));
    TELL("4 AssignPrivateIpAddresses {'networkInterfaceId':'eni-1','ipv4Prefix':'10.1.0.0/28'}");
    TELL(ATTACH("5", "eni-1", "i-1", "at-1"));
    TELL(DETACH("6", "at-1"));
    ck_assert(!has_private("i-1", "10.0.0.1"));
    book_free(book);
    book = was;
}
END_TEST

START_TEST(what_does_not_fit_is_ignored)
{
    ck_assert_int_eq(tell("1 AssociateAddress {'publicIp':'192.0.2.1'}"), BOOK_IGNORED);
    ck_assert_int_eq(tell("1 AssociateAddress"), BOOK_IGNORED);
    ck_assert_int_eq(tell("1 AssociateAddress [] 5"), BOOK_IGNORED);
    ck_assert_int_eq(tell("1 DescribeAddresses {} {}"), BOOK_IGNORED);
    check_log("");
}
END_TEST

START_TEST(an_association_is_known_until_it_ends)
{
    TELLS(ASSOCIATE_IP("1", "i-1", "192.0.2.1", "as-1"), "i-1?;");
    ck_assert(has_public("i-1", "192.0.2.1"));
    ck_assert(!has_private("i-1", "192.0.2.1"));
    ck_assert(!has_public("i-2", "192.0.2.1"));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    TELLS(DISASSOCIATE("2", "as-1"), "i-1-192.0.2.1;i-1?;");
    ck_assert(!has_public("i-1", "192.0.2.1"));
    TELLS(DISASSOCIATE("3", "as-1"), "");
}
END_TEST

START_TEST(an_association_takes_the_address_from_its_former_holder)
{
    TELL(ASSOCIATE_IP("1", "i-1", "192.0.2.1", "as-1"));
    TELLS(ASSOCIATE_IP("2", "i-2", "192.0.2.1", "as-2"), "i-1-192.0.2.1;i-2?;");
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert(has_public("i-2", "192.0.2.1"));
    TELLS(DISASSOCIATE("3", "as-1"), "");
    ck_assert(has_public("i-2", "192.0.2.1"));
    /* The same instance loses nothing. */
    TELLS(ASSOCIATE_IP("4", "i-2", "192.0.2.1", "as-3"), "i-2?;");
}
END_TEST

START_TEST(an_address_is_told_by_its_allocation)
{
    TELLS(ALLOCATE("1", "al-1", "192.0.2.1"), "");
    TELLS(ASSOCIATE_ALLOC("2", "i-1", "al-1", "as-1"), "i-1?;");
    ck_assert(has_public("i-1", "192.0.2.1"));
    TELLS(ASSOCIATE_ALLOC("3", "i-2", "al-1", "as-2"), "i-1-192.0.2.1;i-2?;");
    ck_assert(has_public("i-2", "192.0.2.1"));
    TELLS("4 ReleaseAddress {'allocationId':'al-1'}", "i-2-192.0.2.1;");
    ck_assert(!has_public("i-2", "192.0.2.1"));
    TELLS(ASSOCIATE_ALLOC("5", "i-1", "al-1", "as-3"), "");
    ck_assert(!has_public("i-1", "192.0.2.1"));
    ck_assert(credit("i-1", SLOT_PUBLIC));
}
END_TEST

START_TEST(addresses_are_released_by_name)
{
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELL(ASSOCIATE_ALLOC("2", "i-1", "al-1", "as-1"));
    TELLS("3 ReleaseAddress {'publicIp':'192.0.2.1'}", "i-1-192.0.2.1;");
    TELL(ASSOCIATE_ALLOC("4", "i-1", "al-1", "as-2"));
    ck_assert(!has_public("i-1", "192.0.2.1"));
    TELLS("5 ReleaseAddress {'publicIp':'192.0.2.9'}", "");
}
END_TEST

START_TEST(an_unnamed_association_is_found_by_its_address)
{
    TELLS("1 AssociateAddress {'instanceId':'i-1','publicIp':'192.0.2.1'}", "i-1?;");
    TELLS("2 AssociateAddress {'instanceId':'i-2','publicIp':'192.0.2.2'}", "i-2?;");
    TELLS("3 DisassociateAddress {'publicIp':'192.0.2.1'}", "i-1-192.0.2.1;i-1?;");
    ck_assert(has_public("i-2", "192.0.2.2"));
    TELLS("4 DisassociateAddress {'publicIp':'192.0.2.1'}", "");
    TELLS("5 AssociateAddress {'instanceId':'i-1','publicIp':'192.0.2.2'}", "i-2-192.0.2.2;i-1?;");
}
END_TEST

START_TEST(an_interface_is_known_while_attached)
{
    TELLS(CREATE("1", "eni-1", "10.0.0.1"), "");
    ck_assert(!has_private("i-1", "10.0.0.1"));
    TELLS(ATTACH("2", "eni-1", "i-1", "at-1"), "");
    ck_assert(has_private("i-1", "10.0.0.1"));
    ck_assert(!has_public("i-1", "10.0.0.1"));
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
    TELLS(ASSIGN("3", "eni-1", "10.0.0.2"), "");
    ck_assert(has_private("i-1", "10.0.0.2"));
    TELLS(UNASSIGN("4", "eni-1", "10.0.0.1"), "i-1~10.0.0.1;");
    ck_assert(!has_private("i-1", "10.0.0.1"));
    TELLS(DETACH("5", "at-1"), "i-1~10.0.0.2;");
    ck_assert(!has_private("i-1", "10.0.0.2"));
    TELLS(DETACH("6", "at-1"), "");
}
END_TEST

START_TEST(an_address_of_two_interfaces_is_known_by_either)
{
    TELL(CREATE("1", "eni-1", "10.0.0.1"));
    TELL(CREATE("1", "eni-2", "10.0.0.1"));
    TELL(ATTACH("2", "eni-1", "i-1", "at-1"));
    TELL(ATTACH("2", "eni-2", "i-1", "at-2"));
    TELLS(DETACH("3", "at-1"), "");
    ck_assert(has_private("i-1", "10.0.0.1"));
    TELLS(DETACH("4", "at-2"), "i-1~10.0.0.1;");
}
END_TEST

START_TEST(attaching_elsewhere_ends_the_attachment)
{
    TELL(CREATE("1", "eni-1", "10.0.0.1"));
    TELL(ATTACH("2", "eni-1", "i-1", "at-1"));
    TELLS(ATTACH("3", "eni-1", "i-2", "at-2"), "i-1~10.0.0.1;");
    TELLS(DETACH("4", "at-1"), "");
    ck_assert(has_private("i-2", "10.0.0.1"));
    TELLS(ATTACH("5", "eni-1", "i-2", "at-3"), "");
    TELLS("6 DeleteNetworkInterface {'networkInterfaceId':'eni-1'}", "i-2~10.0.0.1;");
    TELL(ATTACH("7", "eni-1", "i-1", "at-4"));
    ck_assert(!has_private("i-1", "10.0.0.1"));
}
END_TEST

START_TEST(prefixes_cover_their_addresses)
{
    TELL(CREATE("1", "eni-1", "10.0.0.5"));
    TELL(ATTACH("2", "eni-1", "i-1", "at-1"));
    TELL("3 AssignPrivateIpAddresses {'networkInterfaceId':'eni-1'} "
         "{'assignedIpv4PrefixSet':[{'ipv4Prefix':'10.0.0.0/28'}]}");
    TELL("3 AssignIpv6Addresses {'networkInterfaceId':'eni-1'} "
         "{'assignedIpv6PrefixSet':[{'ipv6Prefix':'2001:db8:0:0:7::/80'}]}");
    ck_assert(has_private("i-1", "10.0.0.15"));
    ck_assert(!has_private("i-1", "10.0.0.16"));
    ck_assert(has_private("i-1", "2001:db8::7:1:2:3"));
    ck_assert(!has_private("i-1", "2001:db8::8:1:2:3"));
    struct str whose = book_whose(book, ip_of("10.0.0.9"), SLOT_PRIVATE, (struct str){0});
    ck_assert(str_eq(whose, STR("i-1")));
    /* The address is still covered. */
    TELLS(UNASSIGN("4", "eni-1", "10.0.0.5"), "");
    TELLS("5 UnassignPrivateIpAddresses {'networkInterfaceId':'eni-1','ipv4Prefix':'10.0.0.0/28'}",
          "i-1~10.0.0.0/28;");
    ck_assert(!has_private("i-1", "10.0.0.5"));
    TELLS(DETACH("6", "at-1"), "i-1~2001:db8:0:0:7::/80;");
    ck_assert(!has_private("i-1", "2001:db8::7:1:2:3"));
}
END_TEST

START_TEST(prefixes_of_odd_and_no_length_work)
{
    TELL(ATTACH("1", "eni-1", "i-1", "at-1"));
    TELL("2 AssignPrivateIpAddresses {'networkInterfaceId':'eni-1','ipv4Prefix':'10.128.0.0/9'}");
    ck_assert(has_private("i-1", "10.255.255.255"));
    ck_assert(!has_private("i-1", "10.127.255.255"));
    TELL("3 AssignIpv6Addresses {'networkInterfaceId':'eni-1','ipv6Prefix':'::/0'}");
    ck_assert(has_private("i-1", "2001:db8::1"));
    ck_assert(!has_private("i-1", "192.0.2.1"));
}
END_TEST

START_TEST(instances_run_with_their_interfaces)
{
    TELLS(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"), "");
    ck_assert(has_private("i-1", "10.0.0.1"));
    ck_assert(!credit("i-1", SLOT_PRIVATE) && !credit("i-1", SLOT_PUBLIC));
    TELLS(DETACH("2", "at-1"), "i-1~10.0.0.1;");
}
END_TEST

START_TEST(public_addresses_go_with_their_interface)
{
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELLS(ASSOCIATE_ENI("2", "eni-1", "al-1", "as-1"), "");
    TELL(ATTACH("3", "eni-1", "i-1", "at-1"));
    ck_assert(has_public("i-1", "192.0.2.1"));
    ck_assert(credit("i-1", SLOT_PRIVATE));
    ck_assert(!credit("i-1", SLOT_PUBLIC));
    TELLS(DETACH("4", "at-1"), "i-1-192.0.2.1;");
    ck_assert(!has_public("i-1", "192.0.2.1"));
    TELL(ATTACH("5", "eni-1", "i-2", "at-2"));
    ck_assert(has_public("i-2", "192.0.2.1"));
    TELLS(ASSOCIATE_ENI("6", "eni-1", "al-1", "as-2"), "i-2?;");
    TELLS("7 DeleteNetworkInterface {'networkInterfaceId':'eni-1'}", "i-2-192.0.2.1;");
}
END_TEST

START_TEST(nat_gateways_are_known_to_their_vpc)
{
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELL(RUN("2", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELLS(NAT("3", "nat-1", "vpc-1", "al-1"), "");
    TELL(RUN("4", "i-2", "vpc-1", "eni-2", "at-2", "10.0.0.2"));
    TELL(RUN("4", "i-3", "vpc-2", "eni-3", "at-3", "10.0.0.3"));
    ck_assert(has_public("i-1", "192.0.2.1") && has_public("i-2", "192.0.2.1"));
    ck_assert(!has_public("i-3", "192.0.2.1"));
    TELLS("5 DeleteNatGateway {'natGatewayId':'nat-1'}", "i-2-192.0.2.1;i-1-192.0.2.1;");
    ck_assert(!has_public("i-1", "192.0.2.1"));
    TELLS("6 DeleteNatGateway {'natGatewayId':'nat-1'}", "");
}
END_TEST

START_TEST(nat_gateways_get_and_lose_addresses)
{
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(NAT("2", "nat-1", "vpc-1", "al-0"));
    TELL("3 AssociateNatGatewayAddress {'natGatewayId':'nat-1'} {'natGatewayAddressSet':[{"
         "'publicIp':'192.0.2.1','associationId':'as-1'},{'publicIp':'192.0.2.2'},"
         "{'publicIp':'192.0.2.3'}]}");
    ck_assert(has_public("i-1", "192.0.2.1") && has_public("i-1", "192.0.2.2"));
    TELLS("4 DisassociateNatGatewayAddress {'natGatewayId':'nat-1','associationId':'as-1'}",
          "i-1-192.0.2.1;");
    TELLS("5 DisassociateNatGatewayAddress {'natGatewayId':'nat-1'} {'natGatewayAddressSet':"
          "{'item':{'publicIp':'192.0.2.2','associationId':'as-2'}}}",
          "i-1-192.0.2.2;");
    TELLS("6 DisassociateAddress {'publicIp':'192.0.2.3'}", "");
    TELLS("7 ReleaseAddress {'publicIp':'192.0.2.3'}", "i-1-192.0.2.3;");
}
END_TEST

START_TEST(a_list_that_tells_no_id_keeps_the_one_told)
{
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL("2 AssociateNatGatewayAddress {'natGatewayId':'nat-1'} {'natGatewayAddressSet':[{"
         "'publicIp':'192.0.2.1','associationId':'as-1'}]}");
    TELLS("3 CreateNatGateway {} {'natGateway':{'natGatewayId':'nat-1','vpcId':'vpc-1',"
          "'natGatewayAddressSet':{'publicIp':'192.0.2.1'}}}",
          "");
    ck_assert(has_public("i-1", "192.0.2.1"));
    TELLS("4 DisassociateNatGatewayAddress {'natGatewayId':'nat-1','associationId':'as-1'}",
          "i-1-192.0.2.1;");
}
END_TEST

START_TEST(a_public_address_is_of_a_gateway_or_of_an_instance)
{
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(RUN("1", "i-2", "vpc-1", "eni-2", "at-2", "10.0.0.2"));
    TELL(ASSOCIATE_ALLOC("2", "i-9", "al-1", "as-1"));
    TELLS(NAT("3", "nat-1", "vpc-1", "al-1"), "i-9-192.0.2.1;");
    TELLS(ASSOCIATE_ALLOC("4", "i-1", "al-1", "as-2"), "i-2-192.0.2.1;i-1?;");
    TELLS(NAT("5", "nat-2", "vpc-1", "al-1"), "");
    ck_assert(has_public("i-1", "192.0.2.1") && has_public("i-2", "192.0.2.1"));
    TELLS("6 DeleteNatGateway {'natGatewayId':'nat-1'}", "");
    /* An instance that moves leaves the gateways behind. */
    TELLS(RUN("7", "i-2", "vpc-2", "eni-2", "at-2", "10.0.0.2"), "i-2-192.0.2.1;");
    TELLS(NAT("8", "nat-2", "vpc-2", "al-1"), "i-1-192.0.2.1;");
    ck_assert(has_public("i-2", "192.0.2.1"));
}
END_TEST

START_TEST(whose_prefers_and_else_wants_only_one)
{
    struct str none = {0};
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELL(NAT("1", "nat-1", "vpc-1", "al-1"));
    ck_assert(str_eq(book_whose(book, ip_of("10.0.0.1"), SLOT_PRIVATE, none), STR("i-1")));
    ck_assert(str_eq(book_whose(book, ip_of("192.0.2.1"), SLOT_PUBLIC, none), STR("i-1")));
    TELL(RUN("2", "i-2", "vpc-1", "eni-2", "at-2", "10.0.0.1"));
    ck_assert_ptr_null(book_whose(book, ip_of("10.0.0.1"), SLOT_PRIVATE, none).p);
    ck_assert_ptr_null(book_whose(book, ip_of("192.0.2.1"), SLOT_PUBLIC, STR("i-3")).p);
    ck_assert(str_eq(book_whose(book, ip_of("10.0.0.1"), SLOT_IPV6, STR("i-2")), STR("i-2")));
    ck_assert(str_eq(book_whose(book, ip_of("192.0.2.1"), SLOT_PUBLIC, STR("i-2")), STR("i-2")));
    ck_assert_ptr_null(book_whose(book, ip_of("10.0.0.1"), SLOT_PUBLIC, STR("i-2")).p);
    TELL(ASSOCIATE_IP("3", "i-2", "192.0.2.7", "as-7"));
    ck_assert(str_eq(book_whose(book, ip_of("192.0.2.7"), SLOT_PUBLIC, STR("i-1")), STR("i-2")));
}
END_TEST

START_TEST(lives_are_remembered)
{
    TELLS("5 StopInstances {'instancesSet':['i-1','i-2']}", "");
    TELLS("7 StartInstances {'instancesSet':['i-1']}", "i-1?;");
    TELLS("8 StartInstances {} {'instancesSet':[{'instanceId':'i-2','previousState':{'code':16}}]}",
          "");
    TELLS("~6 StopInstances {'instancesSet':['i-1']}", "");
    TELLS("~6 StartInstances {'instancesSet':['i-1']}", "i-1?<=6;");
    TELL("9 TerminateInstances {'instancesSet':['i-1']}");
    TELL("~8 BidEvictedEvent {} {} {'instanceIdSet':['i-1']}");
    TELL("10 TerminateInstances {'instancesSet':['i-1']}");
    struct book_life one = life_of(STR("i-1")), two = life_of(STR("i-2"));
    ck_assert_int_eq(one.stopped_s, 6);
    ck_assert_int_eq(one.started_s, 7);
    ck_assert_int_eq(one.terminated_s, 8);
    ck_assert_int_eq(two.stopped_s, 5);
    ck_assert(two.started_s == TIME_NONE && two.terminated_s == TIME_NONE);
}
END_TEST

START_TEST(a_refused_instance_gains_nothing)
{
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    TELL(NAT("1", "nat-1", "vpc-1", "al-0"));
    refused = STR("i-1");
    ck_assert_int_eq(tell(ASSOCIATE_IP("2", "i-1", "192.0.2.2", "as-1")), BOOK_REFUSED);
    ck_assert_int_eq(tell(ASSOCIATE_ENI("2", "eni-1", "al-1", "as-1")), BOOK_REFUSED);
    ck_assert_int_eq(tell(ATTACH("2", "eni-2", "i-1", "at-2")), BOOK_REFUSED);
    ck_assert_int_eq(tell(ASSIGN("2", "eni-1", "10.0.0.2")), BOOK_REFUSED);
    ck_assert_int_eq(tell(NAT("2", "nat-2", "vpc-1", "al-1")), BOOK_REFUSED);
    ck_assert_int_eq(tell("2 AssociateNatGatewayAddress {'natGatewayId':'nat-1','allocationId':"
                          "'al-1'}"),
                     BOOK_REFUSED);
    ck_assert(!has_public("i-1", "192.0.2.1") && !has_public("i-1", "192.0.2.2"));
    ck_assert(!has_private("i-1", "10.0.0.2") && !credit("i-1", SLOT_PRIVATE));
    check_log("");
    /* Others gain, and losses are losses. */
    TELL(ASSOCIATE_IP("3", "i-2", "192.0.2.2", "as-1"));
    ck_assert(has_public("i-2", "192.0.2.2"));
    TELL(NAT("3", "nat-3", "vpc-3", "al-1"));
    TELLS(UNASSIGN("4", "eni-1", "10.0.0.1"), "i-1~10.0.0.1;");
    TELL("5 StopInstances {'instancesSet':['i-1']}");
    ck_assert_int_eq(life_of(STR("i-1")).stopped_s, 5);
}
END_TEST

static Suite *addressbook_suite(void)
{
    Suite *s = suite_create("addressbook");
    TCase *t = tcase_create("addressbook");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_empty_book_knows_nothing);
    tcase_add_test(t, hooks_may_be_absent);
    tcase_add_test(t, what_does_not_fit_is_ignored);
    tcase_add_test(t, an_association_is_known_until_it_ends);
    tcase_add_test(t, an_association_takes_the_address_from_its_former_holder);
    tcase_add_test(t, an_address_is_told_by_its_allocation);
    tcase_add_test(t, addresses_are_released_by_name);
    tcase_add_test(t, an_unnamed_association_is_found_by_its_address);
    tcase_add_test(t, an_interface_is_known_while_attached);
    tcase_add_test(t, an_address_of_two_interfaces_is_known_by_either);
    tcase_add_test(t, attaching_elsewhere_ends_the_attachment);
    tcase_add_test(t, prefixes_cover_their_addresses);
    tcase_add_test(t, prefixes_of_odd_and_no_length_work);
    tcase_add_test(t, instances_run_with_their_interfaces);
    tcase_add_test(t, public_addresses_go_with_their_interface);
    tcase_add_test(t, nat_gateways_are_known_to_their_vpc);
    tcase_add_test(t, nat_gateways_get_and_lose_addresses);
    tcase_add_test(t, a_list_that_tells_no_id_keeps_the_one_told);
    tcase_add_test(t, a_public_address_is_of_a_gateway_or_of_an_instance);
    tcase_add_test(t, whose_prefers_and_else_wants_only_one);
    tcase_add_test(t, lives_are_remembered);
    tcase_add_test(t, a_refused_instance_gains_nothing);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(addressbook_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    buf_free(&log_text);
    return failed != 0;
}
