/* What one interface, NAT gateway or VPC may have in the address book. */
#include "book_kit.h"

#include "ctlock/registers.h"

enum { MANY = REGISTERS_MAX_MEMBERS };

/* Tell form, with n for each #. */
static void tell_of(const char *form, int n)
{
    struct buf text = {0};
    put_form(&text, form, n);
    buf_putc(&text, '\0');
    ck_assert(!text.failed);
    ck_assert_int_eq(tell(text.p), BOOK_APPLIED);
    buf_free(&text);
}

static void tell_many(const char *form)
{
    for (int n = 0; n < MANY; n++)
        tell_of(form, n);
}

static uint64_t crowded(void)
{
    return book_counts(book).crowded;
}

#define ASSIGN_6(time, eni, ip)                                                                    \
    time " AssignIpv6Addresses {'networkInterfaceId':'" eni "','ipv6Addresses':['" ip "']}"
#define UNASSIGN_6(time, eni, ip)                                                                  \
    time " UnassignIpv6Addresses {'networkInterfaceId':'" eni "','ipv6Addresses':['" ip "']}"

START_TEST(an_interface_has_so_many_addresses)
{
    TELL(ATTACH("1", "eni-1", "i-1", "at-1"));
    tell_many(ASSIGN_6("2", "eni-1", "2600::#"));
    ck_assert_uint_eq(crowded(), 0);
    TELL(ASSIGN_6("3", "eni-1", "2600::ffff"));
    ck_assert_uint_eq(crowded(), 1);
    ck_assert(!has_private("i-1", "2600::ffff"));
    ck_assert(has_private("i-1", "2600::1023"));
    TELL(ASSIGN_6("3", "eni-1", "2600::1023")); /* told again */
    TELL(ASSIGN_6("3", "eni-2", "2600::ffff"));
    ck_assert_uint_eq(crowded(), 1);
}
END_TEST

/* The oldest of them, of equal ones the least. */
START_TEST(an_address_that_has_gone_makes_room)
{
    TELL(ATTACH("1", "eni-1", "i-1", "at-1"));
    tell_many(ASSIGN_6("2", "eni-1", "2600::#"));
    TELL(UNASSIGN_6("4", "eni-1", "2600::5"));
    TELL(UNASSIGN_6("3", "eni-1", "2600::7"));
    TELL(UNASSIGN_6("3", "eni-1", "2600::6"));
    TELL(ASSIGN_6("5", "eni-1", "2600::a"));
    TELL("~2"
         " AssignIpv6Addresses {'networkInterfaceId':'eni-1','ipv6Addresses':['2600::7']}");
    ck_assert(!has_private("i-1", "2600::7")); /* its end is known still */
    TELL("~2"
         " AssignIpv6Addresses {'networkInterfaceId':'eni-1','ipv6Addresses':['2600::6']}");
    ck_assert(has_private("i-1", "2600::6"));
    ck_assert(has_private("i-1", "2600::a"));
    ck_assert_uint_eq(crowded(), 0);
    TELL(ASSIGN_6("5", "eni-1", "2600::b")); /* for 2600::5 */
    TELL(ASSIGN_6("5", "eni-1", "2600::c"));
    ck_assert_uint_eq(crowded(), 1);
}
END_TEST

START_TEST(an_interface_has_so_many_associations)
{
    tell_many(ASSOCIATE_ENI("2", "eni-1", "al-#", "as-#"));
    ck_assert_uint_eq(crowded(), 0);
    TELL(ASSOCIATE_ENI("3", "eni-1", "al-x", "as-x"));
    ck_assert_uint_eq(crowded(), 1);
    TELL(ASSOCIATE_ENI("3", "eni-1", "al-0", "as-0")); /* told again */
    TELL(DISASSOCIATE("4", "as-1"));
    TELL(ASSOCIATE_ENI("5", "eni-1", "al-x", "as-x"));
    ck_assert_uint_eq(crowded(), 1);
    tell_many(ASSOCIATE_ALLOC("6", "i-1", "al-y#", "as-y#"));
    TELL(ASSOCIATE_ALLOC("6", "i-1", "al-z", "as-z"));
    ck_assert_uint_eq(crowded(), 1);
}
END_TEST

START_TEST(a_nat_gateway_has_so_many_associations)
{
    static const char associate[] =
        "2 AssociateNatGatewayAddress {} {'AssociateNatGatewayAddressResponse':{'natGatewayId':"
        "'nat-1','natGatewayAddressSet':{'item':{'allocationId':'al-#','associationId':'as-#'}}}}";
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    tell_many("1 AllocateAddress {} {'allocationId':'al-#','publicIp':'2600::#'}");
    TELL(ALLOCATE("1", "al-5000", "192.0.2.1"));
    TELL(NAT("2", "nat-1", "vpc-1", "al-0"));
    tell_many(associate);
    uint64_t before = crowded();
    tell_of(associate, 5000);
    ck_assert_uint_eq(crowded(), before + 1);
    ck_assert(has_public("i-1", "2600::1000"));
    ck_assert(!has_public("i-1", "192.0.2.1"));
}
END_TEST

START_TEST(a_vpc_has_so_many_nat_gateways)
{
    TELL(RUN("1", "i-1", "vpc-1", "eni-1", "at-1", "10.0.0.1"));
    TELL(ALLOCATE("1", "al-1", "192.0.2.1"));
    tell_many("2 CreateNatGateway {} {'CreateNatGatewayResponse':{'natGateway':{'natGatewayId':"
              "'nat-#','vpcId':'vpc-1'}}}");
    TELL(ALLOCATE("2", "al-2", "192.0.2.2"));
    TELL(NAT("3", "nat-0", "vpc-1", "al-2")); /* told again */
    ck_assert_uint_eq(crowded(), 0);
    ck_assert(has_public("i-1", "192.0.2.2"));
    TELL(NAT("3", "nat-x", "vpc-1", "al-1"));
    ck_assert_uint_eq(crowded(), 1);
    ck_assert(!has_public("i-1", "192.0.2.1"));
    TELL("4 DeleteNatGateway {'DeleteNatGatewayRequest':{'NatGatewayId':'nat-0'}}");
    TELL(NAT("5", "nat-x", "vpc-1", "al-1"));
    ck_assert(has_public("i-1", "192.0.2.1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crowded");
    TCase *t = tcase_create("crowded");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_interface_has_so_many_addresses);
    tcase_add_test(t, an_address_that_has_gone_makes_room);
    tcase_add_test(t, an_interface_has_so_many_associations);
    tcase_add_test(t, a_nat_gateway_has_so_many_associations);
    tcase_add_test(t, a_vpc_has_so_many_nat_gateways);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
