/* change: the shapes in which records tell address changes. */
#include "ctlock/change.h"

#include "made_change.h"

#include <check.h>

static struct buf shown;

static void show(const char *name, struct str value)
{
    if (!value.p)
        return;
    buf_printf(&shown, " %s=", name);
    buf_str(&shown, value);
}

static void show_ip(const char *name, struct ip ip)
{
    if (!ip.family)
        return;
    buf_printf(&shown, " %s=", name);
    ip_format(ip, &shown);
}

static void show_addresses(const struct change *c, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++) {
        buf_puts(&shown, " ");
        ip_format(c->addresses[i].ip, &shown);
        if (c->addresses[i].bits != ip_bits(c->addresses[i].ip))
            buf_printf(&shown, "/%d", c->addresses[i].bits);
    }
}

static void show_lists(const struct change *c)
{
    for (size_t i = 0; i < c->n_instances; i++) {
        const struct change_instance *t = &c->instances[i];
        show("instance", t->id);
        show("vpc", t->vpc);
        if (c->kind == CHANGE_START && t->was_stopped)
            buf_puts(&shown, " stopped");
        for (size_t f = t->first_interface; f < t->first_interface + t->n_interfaces; f++) {
            show("eni", c->interfaces[f].id);
            show("attachment", c->interfaces[f].attachment);
            show_addresses(c, c->interfaces[f].first_address, c->interfaces[f].n_addresses);
        }
    }
    for (size_t i = 0; i < c->n_nat_addresses; i++) {
        buf_puts(&shown, " (");
        show_ip("ip", c->nat_addresses[i].ip);
        show("allocation", c->nat_addresses[i].allocation);
        show("association", c->nat_addresses[i].association);
        buf_puts(&shown, " )");
    }
}

/* What is read, as one line of text; "unfit" for what does not fit. */
static const char *read_made(struct made_change made)
{
    struct event *e = made_event(&made);
    struct change c;
    enum change_result r = change_read(e, &c);
    free(e); /* what was read does not need it */
    buf_clear(&shown);
    if (r != CHANGE_FITS) {
        ck_assert_int_eq(r, CHANGE_UNFIT);
        return "unfit";
    }
    show("instance", c.instance);
    show("eni", c.interface);
    show("attachment", c.attachment);
    show("allocation", c.allocation);
    show("association", c.association);
    show_ip("ip", c.ip);
    show("nat", c.nat);
    show("vpc", c.vpc);
    if (c.kind != CHANGE_RUN)
        show_addresses(&c, 0, c.n_addresses);
    show_lists(&c);
    change_free(&c);
    buf_putc(&shown, '\0');
    ck_assert(!shown.failed);
    return shown.p;
}

static const char *read_texts(const char *name, const char *request, const char *response)
{
    return read_made((struct made_change){
        .name = str_of(name), .request = str_of(request), .response = str_of(response)});
}

#define READS(name, request, response, want)                                                       \
    ck_assert_str_eq(read_texts(name, request, response), want)

START_TEST(names_have_kinds)
{
    ck_assert_int_eq(changename_kind(STR("AssociateAddress")), CHANGE_ASSOCIATE);
    ck_assert_int_eq(changename_kind(STR("AssignIpv6Addresses")), CHANGE_ASSIGN);
    ck_assert_int_eq(changename_kind(STR("BidEvictedEvent")), CHANGE_TERMINATE);
    ck_assert_int_eq(changename_kind(STR("associateaddress")), CHANGE_NONE);
    ck_assert_int_eq(changename_kind(STR("RunInstance")), CHANGE_NONE);
    ck_assert_int_eq(changename_kind((struct str){0}), CHANGE_NONE);
    READS("DescribeAddresses", "{\"publicIp\":\"192.0.2.1\"}", "{}", "unfit");
}
END_TEST

START_TEST(addresses_are_allocated_and_released)
{
    READS("AllocateAddress", "{\"domain\":\"vpc\"}",
          "{\"publicIp\":\"192.0.2.1\",\"allocationId\":\"eipalloc-1\"}",
          " allocation=eipalloc-1 ip=192.0.2.1");
    READS("AllocateAddress", "null", "{\"publicIp\":\"192.0.2.1\"}", "unfit");
    READS("AllocateAddress", "null", "{\"publicIp\":\"253.252.51.07\",\"allocationId\":\"e\"}",
          "unfit");
    READS("ReleaseAddress", "{\"allocationId\":\"eipalloc-1\"}", "{\"_return\":true}",
          " allocation=eipalloc-1");
    READS("ReleaseAddress", "{\"publicIp\":\"192.0.2.1\"}", "null", " ip=192.0.2.1");
    READS("ReleaseAddress", "{}", "null", "unfit");
}
END_TEST

START_TEST(associations_tell_who_and_what)
{
    READS("AssociateAddress", "{\"instanceId\":\"i-1\",\"allocationId\":\"a\"}",
          "{\"associationId\":\"as\"}", " instance=i-1 allocation=a association=as");
    READS("AssociateAddress", "{\"networkInterfaceId\":\"eni-1\",\"publicIp\":\"192.0.2.1\"}",
          "null", " eni=eni-1 ip=192.0.2.1");
    READS("AssociateAddress", "{\"allocationId\":\"a\"}", "{\"associationId\":\"as\"}", "unfit");
    READS("DisassociateAddress", "{\"associationId\":\"as\"}", "null", " association=as");
    READS("DisassociateAddress", "{\"publicIp\":\"192.0.2.1\"}", "null", " ip=192.0.2.1");
    READS("DisassociateAddress", "{\"publicIp\":\"\"}", "null", "unfit");
}
END_TEST

START_TEST(names_begin_with_either_case)
{
    READS("AssociateAddress", "{\"InstanceId\":\"i-1\",\"PublicIp\":\"192.0.2.1\"}",
          "{\"AssociationId\":\"as\"}", " instance=i-1 association=as ip=192.0.2.1");
    READS("AssociateAddress", "{\"INSTANCEID\":\"i-1\",\"instanceid\":\"i-2\"}", "null", "unfit");
}
END_TEST

START_TEST(envelopes_are_looked_into)
{
    READS("AssociateAddress", "{\"AssociateAddressRequest\":{\"InstanceId\":\"i-1\",\"tag\":1}}",
          "{\"AssociateAddressResponse\":{\"xmlns\":\"u\",\"associationId\":\"as\"}}",
          " instance=i-1 association=as");
    READS("AssociateAddress", "{\"AssociateAddressRequest\":\"x\",\"Request\":[{}]}", "{}",
          "unfit");
    /* Attributes of XML put a text under `content`. */
    READS("DisassociateAddress",
          "{\"DisassociateAddressRequest\":{\"AssociationId\":{\"tag\":1,\"content\":\"as\"}}}",
          "null", " association=as");
}
END_TEST

START_TEST(the_first_of_equal_names_counts)
{
    READS("DetachNetworkInterface", "{\"attachmentId\":\"a\",\"attachmentId\":\"b\"}", "null",
          " attachment=a");
}
END_TEST

START_TEST(what_is_no_text_is_absent)
{
    READS("DetachNetworkInterface", "{\"attachmentId\":true}", "null", "unfit");
    READS("DetachNetworkInterface", "{\"attachmentId\":7}", "null", "unfit");
    READS("DetachNetworkInterface", "{\"attachmentId\":null}", "null", "unfit");
    READS("DetachNetworkInterface", "{\"attachmentId\":\"\"}", "null", "unfit");
    READS("DetachNetworkInterface",
          "{\"attachmentId\":null,\"DetachRequest\":{\"attachmentId\":\"a\"}}", "null",
          " attachment=a");
    READS("DetachNetworkInterface", "{\"attachmentId\":{\"a\":[\"b\"]}}", "null", "unfit");
    READS("DetachNetworkInterface", "{\"attachmentId\":[\"b\"]}", "null", "unfit");
    READS("DetachNetworkInterface", "[{\"attachmentId\":\"b\"}]", "null", "unfit");
    READS("DetachNetworkInterface", "\"attachmentId\"", "null", "unfit");
}
END_TEST

START_TEST(what_is_too_long_is_no_id)
{
    struct buf request = {0};
    for (int n = CHANGE_MAX_ID_NBYTES; n <= CHANGE_MAX_ID_NBYTES + 1; n++) {
        buf_clear(&request);
        buf_puts(&request, "{\"attachmentId\":\"");
        for (int i = 0; i < n; i++)
            buf_putc(&request, 'a');
        buf_puts(&request, "\"}");
        buf_putc(&request, '\0');
        const char *got = read_texts("DetachNetworkInterface", request.p, "null");
        ck_assert_int_eq(strcmp(got, "unfit") == 0, n > CHANGE_MAX_ID_NBYTES);
    }
    buf_free(&request);
}
END_TEST

START_TEST(what_is_no_json_is_absent)
{
    static const char *const texts[] = {"{\"attachmentId\":\"a\"} x",
                                        "{\"attachmentId\":\"a\"",
                                        "{\"attachmentId\":\"a\",",
                                        "{\"attachmentId\"",
                                        "{\"",
                                        "{",
                                        "}",
                                        "",
                                        " ",
                                        "\"",
                                        "-",
                                        "\\u0000"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        READS("DetachNetworkInterface", texts[i], "null", "unfit");
    READS("DetachNetworkInterface", " {\"attachmentId\":\"a\"} \r\n\t", "null", " attachment=a");
    READS("DetachNetworkInterface", "{\"attachmentId\":\"a\"}", "{", " attachment=a");
    ck_assert_str_eq(read_made((struct made_change){.name = STR("DetachNetworkInterface"),
                                                    .request = STR("{\"attachmentId\":\"a\0b\"}")}),
                     "unfit");
}
END_TEST

START_TEST(nesting_may_be_of_any_depth)
{
    struct buf deep = {0};
    buf_puts(&deep, "{\"attachmentId\":\"a\",\"x\":");
    for (int i = 0; i < 100000; i++)
        buf_putc(&deep, '[');
    ck_assert_str_eq(read_made((struct made_change){.name = STR("DetachNetworkInterface"),
                                                    .request = buf_view(&deep)}),
                     "unfit");
    buf_free(&deep);
}
END_TEST

START_TEST(a_nul_does_not_cut_a_text)
{
    READS("DetachNetworkInterface", "{\"attachmentId\":\"a\\u0000b\"}", "null",
          " attachment=a\xef\xbf\xbd"
          "b");
    READS("DetachNetworkInterface", "{\"attachmentId\":\"\\u0000\",\"x\":\"\\u0000\\u0000\"}",
          "null", " attachment=\xef\xbf\xbd");
    READS("DetachNetworkInterface", "{\"attachmentId\":\"a\\\\u0000\"}", "null",
          " attachment=a\\u0000");
    READS("DetachNetworkInterface", "{\"attachmentId\":\"\\u0061\\\\\\u0000\"}", "null",
          " attachment=a\\\xef\xbf\xbd");
}
END_TEST

START_TEST(instances_are_run)
{
    READS("RunInstances", "{\"instancesSet\":{\"items\":[{\"imageId\":\"ami-1\"}]}}",
          "{\"instancesSet\":{\"items\":[{\"instanceId\":\"i-1\",\"vpcId\":\"vpc-1\","
          "\"privateIpAddress\":\"10.0.0.9\",\"networkInterfaceSet\":{\"items\":[{"
          "\"networkInterfaceId\":\"eni-1\",\"attachment\":{\"attachmentId\":\"at-1\"},"
          "\"privateIpAddress\":\"10.0.0.1\",\"privateIpAddressesSet\":{\"item\":["
          "{\"privateIpAddress\":\"10.0.0.1\",\"primary\":true},{\"privateIpAddress\":\"10.0.0.2\"}"
          "]},\"ipv6AddressesSet\":{\"items\":[{\"ipv6Address\":\"2001:db8::1\"}]},"
          "\"ipv6PrefixSet\":{\"item\":{\"ipv6Prefix\":\"2001:db8:1::/80\"}}},"
          "{\"networkInterfaceId\":\"eni-2\"},{\"privateIpAddress\":\"10.9.9.9\"}]}},"
          "{\"imageId\":\"ami-1\"},{\"instanceId\":\"i-2\",\"networkInterfaceSet\":"
          "{\"networkInterfaceId\":\"eni-3\",\"privateIpAddress\":\"10.0.0.3\"}}]}}",
          " instance=i-1 vpc=vpc-1 eni=eni-1 attachment=at-1 10.0.0.1 10.0.0.1 10.0.0.2"
          " 2001:db8::1 2001:db8:1::/80 eni=eni-2 instance=i-2 eni=eni-3 10.0.0.3");
    READS("RunInstances", "{\"instancesSet\":{\"items\":[{\"instanceId\":\"i-1\"}]}}", "null",
          "unfit");
}
END_TEST

START_TEST(interfaces_come_and_go)
{
    READS("CreateNetworkInterface", "{\"networkInterfaceId\":\"eni-9\"}",
          "{\"requestId\":\"r\",\"networkInterface\":{\"networkInterfaceId\":\"eni-1\","
          "\"privateIpAddress\":\"10.0.0.1\",\"privateIpAddressesSet\":{\"item\":"
          "[{\"privateIpAddress\":\"10.0.0.2\"}]},\"ipv6AddressesSet\":{}}}",
          " eni=eni-1 10.0.0.1 10.0.0.2");
    READS("AttachNetworkInterface",
          "{\"networkInterfaceId\":\"eni-1\",\"instanceId\":\"i-1\",\"deviceIndex\":1}",
          "{\"attachmentId\":\"at-1\"}", " instance=i-1 eni=eni-1 attachment=at-1");
    READS("AttachNetworkInterface", "{\"networkInterfaceId\":\"eni-1\"}", "{}", "unfit");
    READS("DeleteNetworkInterface", "{\"networkInterfaceId\":\"eni-1\"}", "{}", " eni=eni-1");
    READS("DeleteNetworkInterface", "{}", "{}", "unfit");
}
END_TEST

START_TEST(addresses_are_assigned)
{
    READS("AssignPrivateIpAddresses",
          "{\"networkInterfaceId\":\"eni-1\",\"secondaryPrivateIpAddressCount\":2}",
          "{\"networkInterfaceId\":\"eni-1\",\"assignedPrivateIpAddressesSet\":"
          "{\"assignedPrivateIpAddressSetType\":[{\"privateIpAddress\":\"10.0.0.1\"},"
          "{\"privateIpAddress\":\"10.0.0.2\"}]},\"assignedIpv4PrefixSet\":"
          "{\"item\":{\"ipv4Prefix\":\"10.0.1.0/28\"}}}",
          " eni=eni-1 10.0.0.1 10.0.0.2 10.0.1.0/28");
    READS("AssignPrivateIpAddresses",
          "{\"networkInterfaceId\":\"eni-1\",\"privateIpAddressesSet\":{\"items\":"
          "[{\"privateIpAddress\":\"10.0.0.1\"},{\"privateIpAddress\":\"10.0.0.0/33\"}]}}",
          "null", " eni=eni-1 10.0.0.1");
    READS("AssignIpv6Addresses",
          "{\"AssignIpv6AddressesRequest\":{\"NetworkInterfaceId\":\"eni-1\","
          "\"Ipv6AddressCount\":1}}",
          "{\"AssignIpv6AddressesResponse\":{\"assignedIpv6Addresses\":{\"item\":"
          "\"2001:db8::1\"}}}",
          " eni=eni-1 2001:db8::1");
    READS("AssignIpv6Addresses", "{\"networkInterfaceId\":\"eni-1\"}",
          "{\"assignedIpv6Addresses\":[\"2001:db8::1\",\"2001:db8::2\"],"
          "\"assignedIpv6PrefixSet\":[\"2001:db8:1::/80\"]}",
          " eni=eni-1 2001:db8::1 2001:db8::2 2001:db8:1::/80");
    READS("UnassignIpv6Addresses",
          "{\"networkInterfaceId\":\"eni-1\",\"ipv6Addresses\":\"2001:db8::1\"}",
          "{\"unassignedIpv6Addresses\":[\"2001:db8::9\"]}", " eni=eni-1 2001:db8::1");
    READS("UnassignPrivateIpAddresses",
          "{\"networkInterfaceId\":\"eni-1\",\"privateIpAddress\":[\"10.0.0.1\",5,null],"
          "\"ipv4Prefix\":\"10.0.1.0/28\"}",
          "null", " eni=eni-1 10.0.0.1 10.0.1.0/28");
    READS("AssignIpv6Addresses", "{\"networkInterfaceId\":\"eni-1\"}", "null", "unfit");
    READS("AssignIpv6Addresses", "{\"ipv6Addresses\":\"2001:db8::1\"}", "null", "unfit");
}
END_TEST

START_TEST(nat_gateways_are_read)
{
    READS("CreateNatGateway", "{\"CreateNatGatewayRequest\":{\"AllocationId\":\"a-1\",\"tag\":1}}",
          "{\"CreateNatGatewayResponse\":{\"natGateway\":{\"natGatewayAddressSet\":{\"item\":"
          "{\"isPrimary\":true,\"allocationId\":\"a-1\",\"status\":\"associating\"}},"
          "\"vpcId\":\"vpc-1\",\"natGatewayId\":\"nat-1\"}}}",
          " nat=nat-1 vpc=vpc-1 ( allocation=a-1 )");
    READS("CreateNatGateway", "{\"CreateNatGatewayRequest\":{\"AllocationId\":\"a-1\"}}",
          "{\"CreateNatGatewayResponse\":{\"natGateway\":{\"natGatewayId\":\"nat-1\"}}}",
          " nat=nat-1 ( allocation=a-1 )");
    READS("AssociateNatGatewayAddress",
          "{\"AssociateNatGatewayAddressRequest\":{\"NatGatewayId\":\"nat-1\",\"AllocationId\":"
          "[{\"tag\":1,\"content\":\"a-1\"},{\"tag\":2,\"content\":\"a-2\"}]}}",
          "{}", " nat=nat-1 ( allocation=a-1 ) ( allocation=a-2 )");
    READS("AssociateNatGatewayAddress", "{\"natGatewayId\":\"nat-1\",\"allocationId\":\"a-1\"}",
          "{\"natGatewayAddressSet\":{\"item\":[{\"publicIp\":\"192.0.2.1\",\"associationId\":"
          "\"as-1\"},{}]}}",
          " nat=nat-1 ( ip=192.0.2.1 association=as-1 )");
    READS("DisassociateNatGatewayAddress",
          "{\"natGatewayId\":\"nat-1\",\"associationId\":[\"as-1\",\"as-2\"]}", "null",
          " nat=nat-1 ( association=as-1 ) ( association=as-2 )");
    READS("DeleteNatGateway", "{\"DeleteNatGatewayRequest\":{\"NatGatewayId\":\"nat-1\"}}",
          "{\"DeleteNatGatewayResponse\":{\"natGatewayId\":\"nat-1\"}}", " nat=nat-1");
    READS("DeleteNatGateway", "{}", "{}", "unfit");
}
END_TEST

#define ITEM(rest) "{\"instancesSet\":{\"items\":[{\"instanceId\":\"i-1\"" rest "}]}}"

START_TEST(lives_are_read)
{
    READS("StartInstances", "null", ITEM(",\"previousState\":{\"code\":80,\"name\":\"stopped\"}"),
          " instance=i-1 stopped");
    READS("StartInstances", "null", ITEM(",\"previousState\":{\"code\":\"80\"}"),
          " instance=i-1 stopped");
    READS("StartInstances", "null", ITEM(",\"previousState\":{\"name\":\"stopped\"}"),
          " instance=i-1 stopped");
    READS("StartInstances", "null", ITEM(""), " instance=i-1 stopped");
    READS("StartInstances", ITEM(""), "null", " instance=i-1 stopped");
    READS("StartInstances", "null", ITEM(",\"previousState\":{\"code\":16,\"name\":\"running\"}"),
          " instance=i-1");
    READS("StopInstances", "{\"instancesSet\":{\"items\":[{\"instanceId\":\"i-2\"}]}}", ITEM(""),
          " instance=i-1");
    READS("TerminateInstances", "null", "{\"instancesSet\":[\"i-1\",{\"instanceId\":\"i-2\"},{}]}",
          " instance=i-1 instance=i-2");
    READS("TerminateInstances", "null", "{\"instancesSet\":{}}", "unfit");
    ck_assert_str_eq(
        read_made((struct made_change){.name = STR("BidEvictedEvent"),
                                       .details = STR("{\"instanceIdSet\":[\"i-1\",\"i-2\"]}")}),
        " instance=i-1 instance=i-2");
}
END_TEST

static Suite *change_suite(void)
{
    Suite *s = suite_create("change");
    TCase *t = tcase_create("change");
    tcase_add_test(t, names_have_kinds);
    tcase_add_test(t, addresses_are_allocated_and_released);
    tcase_add_test(t, associations_tell_who_and_what);
    tcase_add_test(t, names_begin_with_either_case);
    tcase_add_test(t, envelopes_are_looked_into);
    tcase_add_test(t, the_first_of_equal_names_counts);
    tcase_add_test(t, what_is_no_text_is_absent);
    tcase_add_test(t, what_is_too_long_is_no_id);
    tcase_add_test(t, what_is_no_json_is_absent);
    tcase_add_test(t, nesting_may_be_of_any_depth);
    tcase_add_test(t, a_nul_does_not_cut_a_text);
    tcase_add_test(t, instances_are_run);
    tcase_add_test(t, interfaces_come_and_go);
    tcase_add_test(t, addresses_are_assigned);
    tcase_add_test(t, nat_gateways_are_read);
    tcase_add_test(t, lives_are_read);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(change_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    buf_free(&shown);
    return failed != 0;
}
