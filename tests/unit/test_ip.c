/* ip, cidr, source: addresses, ranges and the classes of sources. */
#include "ctlock/cidr.h"
#include "ctlock/ip.h"
#include "ctlock/source.h"

#include "../exact.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct ip ip_of(const char *text)
{
    struct ip ip;
    struct str exact = exact_of(text);
    ck_assert_msg(ip_parse(exact, &ip), "%s", text);
    exact_free(exact);
    return ip;
}

static void check_format(struct ip ip, const char *want)
{
    struct buf b = {0};
    ip_format(ip, &b);
    ck_assert_msg(str_eq(buf_view(&b), str_of(want)), "%.*s, not %s", (int)b.n, b.n ? b.p : "",
                  want);
    buf_free(&b);
}

static const char *const canonical[][2] = {
    {"0.0.0.0", "0.0.0.0"},
    {"1.2.3.4", "1.2.3.4"},
    {"255.255.255.255", "255.255.255.255"},
    {"10.100.9.99", "10.100.9.99"},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0db8::0001", "2001:db8::1"},
    {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
    {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
    {"FE80::ABCD:ef01", "fe80::abcd:ef01"},
    {"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
    {"::1.2.3.4", "::102:304"},
    {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
    {"::ffff:1.2.3.4", "1.2.3.4"},
    {"::FFFF:102:304", "1.2.3.4"},
    {"0:0:0:0:0:ffff:0:0", "0.0.0.0"},
    {"::fffe:1.2.3.4", "::fffe:102:304"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

START_TEST(canonical_form)
{
    const char *const *row = canonical[_i];
    struct ip ip = ip_of(row[0]);
    check_format(ip, row[1]);
    ck_assert(ip_eq(ip_of(row[1]), ip));
    ck_assert_int_eq(ip.family, strchr(row[1], ':') ? 6 : 4);
}
END_TEST

static const char *const not_addresses[] = {
    "",
    " ",
    "1",
    "1.2.3",
    "1.2.3.",
    "1.2.3.4.",
    ".1.2.3.4",
    "1..3.4",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.00",
    "1.2.3.0004",
    "1.2.3.1000",
    "1.2.3.4 ",
    " 1.2.3.4",
    "+1.2.3.4",
    "1.2.3.-4",
    "0x1.2.3.4",
    "1.2.3.4/32",
    "1.2.3.4:80",
    "253.252.51.07",
    "1,2,3,4",
    ":",
    ":::",
    ":1",
    "1:",
    "::1::",
    "1::2::3",
    "1:2:3:4",
    "::12345",
    "::g",
    "1:2:3:4:5:6:7",
    "fe80::1%eth0",
    "[::1]",
    "1:::2",
    "::1.2.3",
    "::1.2.3.4:",
    "::1.2.3.4.5",
    "::01.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "::2:3:4:5:6:7:1.2.3.4",
    "AWS Internal",
    "ec2.amazonaws.com",
    "0000:0000:0000:0000:0000:0000:0000:0000:",
    "00000000000000000000000000000000000000000000001.2.3.4",
};

START_TEST(no_address)
{
    struct ip ip = ip_of("9.9.9.9");
    struct str text = exact_of(not_addresses[_i]);
    ck_assert_msg(!ip_parse(text, &ip), "%s", not_addresses[_i]);
    exact_free(text);
    ck_assert(ip_eq(ip, (struct ip){0}));
}
END_TEST

START_TEST(no_address_around_nul_and_null)
{
    struct ip ip;
    ck_assert(!ip_parse((struct str){0}, &ip));
    ck_assert(!ip_parse(STR("1.2.3.4\0"), &ip));
    ck_assert(!ip_parse(STR("::1\0"), &ip));
    check_format((struct ip){0}, "");
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* What the C library says of a terminated text, in our form. */
static struct ip ip_by_libc(const char *text)
{
    struct ip ip = {0};
    uint8_t b[16];
    if (inet_pton(AF_INET, text, b) == 1) {
        memcpy(ip.b, b, 4);
        ip.family = 4;
    } else if (inet_pton(AF_INET6, text, b) == 1) {
        bool mapped = memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
        memcpy(ip.b, mapped ? b + 12 : b, mapped ? 4 : 16);
        ip.family = mapped ? 4 : 6;
    }
    return ip;
}

START_TEST(agrees_with_the_c_library_on_random_text)
{
    static const char letters[] = "0123456789abfF:::....";
    uint32_t state = 1;
    unsigned good = 0;
    for (int i = 0; i < 400000; i++) {
        char text[64];
        size_t n;
        if (i % 4 == 0) {
            n = next_random(&state) % 20;
            for (size_t k = 0; k < n; k++)
                text[k] = letters[next_random(&state) % (sizeof letters - 1)];
            text[n] = '\0';
        } else {
            /* A good one with one byte changed. */
            const char *seed =
                canonical[next_random(&state) % (sizeof canonical / sizeof *canonical)][0];
            strcpy(text, seed);
            n = strlen(text);
            text[next_random(&state) % n] = letters[next_random(&state) % (sizeof letters - 1)];
        }
        struct ip ip, want = ip_by_libc(text);
        bool ok = ip_parse((struct str){text, n}, &ip);
        ck_assert_msg(ok == (want.family != 0) && ip_eq(ip, want), "%s", text);
        good += ok;
    }
    ck_assert_uint_gt(good, 50000);
}
END_TEST

START_TEST(random_addresses_survive_their_text)
{
    uint32_t state = 7;
    for (int i = 0; i < 100000; i++) {
        struct ip ip = {.family = i % 2 ? 6 : 4};
        for (int k = 0; k < (i % 2 ? 16 : 4); k++)
            ip.b[k] = (uint8_t)(next_random(&state) % 3 ? next_random(&state) : 0);
        struct buf b = {0};
        ip_format(ip, &b);
        struct ip again;
        ck_assert(ip_parse(buf_view(&b), &again));
        ck_assert(ip_eq(again, ip));
        buf_putc(&b, '\0');
        ck_assert(ip_eq(ip_by_libc(b.p), ip));
        buf_free(&b);
    }
}
END_TEST

static const struct {
    const char *text;
    bool private;
} privates[] = {
    {"9.255.255.255", false},
    {"10.0.0.0", true},
    {"10.255.255.255", true},
    {"11.0.0.0", false},
    {"172.15.255.255", false},
    {"172.16.0.0", true},
    {"172.31.255.255", true},
    {"172.32.0.0", false},
    {"192.167.255.255", false},
    {"192.168.0.0", true},
    {"192.168.255.255", true},
    {"192.169.0.0", false},
    {"100.63.255.255", false},
    {"100.64.0.0", true},
    {"100.127.255.255", true},
    {"100.128.0.0", false},
    {"169.253.255.255", false},
    {"169.254.0.0", true},
    {"169.254.255.255", true},
    {"169.255.0.0", false},
    {"126.255.255.255", false},
    {"127.0.0.1", true},
    {"127.255.255.255", true},
    {"128.0.0.0", false},
    {"0.0.0.0", false},
    {"255.255.255.255", false},
    {"::ffff:10.1.2.3", true},
    {"::ffff:11.1.2.3", false},
    {"::1", true},
    {"::", false},
    {"::2", false},
    {"fbff::", false},
    {"fc00::", true},
    {"fdff:ffff::1", true},
    {"fe00::", false},
    {"fe7f::", false},
    {"fe80::", true},
    {"febf:ffff::", true},
    {"fec0::", false},
    {"a00::", false},
    {"2600::1", false},
};

START_TEST(private_ranges)
{
    ck_assert_msg(ip_is_private(ip_of(privates[_i].text)) == privates[_i].private, "%s",
                  privates[_i].text);
}
END_TEST

START_TEST(no_address_is_not_private)
{
    ck_assert(!ip_is_private((struct ip){0}));
}
END_TEST

static const struct {
    const char *range, *inside, *outside;
} ranges[] = {
    {"1.2.3.4", "1.2.3.4", "1.2.3.5"},
    {"1.2.3.4/32", "1.2.3.4", "1.2.3.6"},
    {"1.2.3.4/31", "1.2.3.5", "1.2.3.6"},
    {"1.2.3.0/24", "1.2.3.255", "1.2.4.0"},
    {"1.2.128.0/17", "1.2.255.1", "1.2.127.1"},
    {"10.0.0.0/8", "10.9.9.9", "11.0.0.0"},
    {"128.0.0.0/1", "255.0.0.1", "127.0.0.1"},
    {"0.0.0.0/0", "255.255.255.255", "::1"},
    {"::/0", "ffff::1", "1.2.3.4"},
    {"2001:db8::1", "2001:db8::1", "2001:db8::2"},
    {"2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
    {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
    {"::/127", "::1", "::2"},
    {"::ffff:1.2.3.0/120", "1.2.3.9", "1.2.4.9"},
    {"::ffff:0:0/96", "9.9.9.9", "::9"},
    {"::ffff:1.2.3.4", "1.2.3.4", "1.2.3.5"},
};

START_TEST(range_holds)
{
    struct cidr range;
    ck_assert_ptr_null(cidr_parse(str_of(ranges[_i].range), &range));
    ck_assert_msg(cidr_has(range, ip_of(ranges[_i].inside)), "%s", ranges[_i].range);
    ck_assert_msg(!cidr_has(range, ip_of(ranges[_i].outside)), "%s", ranges[_i].range);
    ck_assert(!cidr_has(range, (struct ip){0}));
    ck_assert(!cidr_has((struct cidr){0}, (struct ip){0}));
    ck_assert(ip_eq(cidr_network(ip_of(ranges[_i].inside), range.bits), range.ip));
}
END_TEST

static const char *const bad_ranges[][2] = {
    {"", "not an address"},
    {"/8", "not an address"},
    {"10", "not an address"},
    {"10.0.0/8", "not an address"},
    {"x/8", "not an address"},
    {"1.2.3.4 /32", "not an address"},
    {"10.0.0.0/", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/33", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/08", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/-1", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/+8", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/1:", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/8/8", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/4294967304", "the prefix length is not a number from 0 to 32"},
    {"10.0.0.0/255.0.0.0", "the prefix length is not a number from 0 to 32"},
    {"::/129", "the prefix length is not a number from 0 to 128"},
    {"::ffff:1.2.3.4/129", "the prefix length is not a number from 0 to 128"},
    {"10.0.0.1/8", "host bits are set"},
    {"10.128.0.0/8", "host bits are set"},
    {"128.0.0.0/0", "host bits are set"},
    {"8000::/0", "host bits are set"},
    {"1.2.3.5/31", "host bits are set"},
    {"1.2.3.4/0", "host bits are set"},
    {"2001:db8::1/64", "host bits are set"},
    {"::1/0", "host bits are set"},
    {"::ffff:0:0/95", "host bits are set"},
    {"::ffff:1.2.3.4/120", "host bits are set"},
};

START_TEST(bad_range)
{
    struct cidr range;
    struct str text = exact_of(bad_ranges[_i][0]);
    const char *why = cidr_parse(text, &range);
    exact_free(text);
    ck_assert_pstr_eq(why, bad_ranges[_i][1]);
    ck_assert_int_eq(range.ip.family, 0);
}
END_TEST

static const struct {
    const char *text, *endpoint;
    enum source_class class;
    enum slot slot;
} sources[] = {
    {NULL, NULL, SOURCE_SERVICE, SLOT_PUBLIC},
    {"", NULL, SOURCE_SERVICE, SLOT_PUBLIC},
    {"AWS Internal", NULL, SOURCE_SERVICE, SLOT_PUBLIC},
    {"AWS Internal/3", NULL, SOURCE_SERVICE, SLOT_PUBLIC},
    {"AWS Internal", "vpce-1", SOURCE_SERVICE, SLOT_PUBLIC},
    {"ec2.amazonaws.com", NULL, SOURCE_SERVICE, SLOT_PUBLIC},
    {"ec2.amazonaws.com.cn", "vpce-1", SOURCE_SERVICE, SLOT_PUBLIC},
    {"AWS Internals", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"aws internal", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"amazonaws.com", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"evilamazonaws.com", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"ec2.amazonaws.com.evil", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"ec2.amazonaws.com ", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"253.252.51.07", NULL, SOURCE_TEXT, SLOT_PUBLIC},
    {"253.252.51.07", "vpce-1", SOURCE_TEXT, SLOT_PRIVATE},
    {"253.252.51.7", NULL, SOURCE_ADDRESS, SLOT_PUBLIC},
    {"8.8.8.8", "", SOURCE_ADDRESS, SLOT_PUBLIC},
    {"8.8.8.8", "vpce-0ab", SOURCE_ADDRESS, SLOT_PRIVATE},
    {"8.8.8.8", "vpce", SOURCE_ADDRESS, SLOT_PUBLIC},
    {"8.8.8.8", "s3.amazonaws.com", SOURCE_ADDRESS, SLOT_PUBLIC},
    {"2600::1", NULL, SOURCE_ADDRESS, SLOT_IPV6},
    {"2600::1", "vpce-0ab", SOURCE_ADDRESS, SLOT_PRIVATE},
    {"fd00::1", NULL, SOURCE_ADDRESS, SLOT_PRIVATE},
    {"::1", NULL, SOURCE_ADDRESS, SLOT_PRIVATE},
    {"10.0.0.1", NULL, SOURCE_ADDRESS, SLOT_PRIVATE},
    {"::ffff:10.0.0.1", NULL, SOURCE_ADDRESS, SLOT_PRIVATE},
    {"::ffff:8.8.8.8", NULL, SOURCE_ADDRESS, SLOT_PUBLIC},
};

START_TEST(source_class)
{
    struct source got = source_classify(str_of(sources[_i].text), str_of(sources[_i].endpoint));
    ck_assert_int_eq(got.class, sources[_i].class);
    ck_assert_int_eq(got.slot, sources[_i].slot);
    ck_assert_int_eq(got.ip.family != 0, sources[_i].class == SOURCE_ADDRESS);
    ck_assert(source_is_service(str_of(sources[_i].text)) == (got.class == SOURCE_SERVICE));
}
END_TEST

START_TEST(slot_names)
{
    ck_assert_str_eq(slot_name(SLOT_PUBLIC), "public");
    ck_assert_str_eq(slot_name(SLOT_PRIVATE), "private");
    ck_assert_str_eq(slot_name(SLOT_IPV6), "ipv6");
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof *(a)))

int main(void)
{
    Suite *suite = suite_create("ip");
    TCase *t = tcase_create("ip");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, canonical_form, 0, ROWS(canonical));
    tcase_add_loop_test(t, no_address, 0, ROWS(not_addresses));
    tcase_add_test(t, no_address_around_nul_and_null);
    tcase_add_test(t, agrees_with_the_c_library_on_random_text);
    tcase_add_test(t, random_addresses_survive_their_text);
    tcase_add_loop_test(t, private_ranges, 0, ROWS(privates));
    tcase_add_test(t, no_address_is_not_private);
    tcase_add_loop_test(t, range_holds, 0, ROWS(ranges));
    tcase_add_loop_test(t, bad_range, 0, ROWS(bad_ranges));
    tcase_add_loop_test(t, source_class, 0, ROWS(sources));
    tcase_add_test(t, slot_names);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
