/* addressbook: what holds for every trail, on made-up ones. */
#include "book_kit.h"

#include <stdio.h>

/* A small world for made-up trails. */
enum { N_WHO = 3, N_PUBLIC = 3, N_PRIVATE = 3, N_RANDOM = 600 };

static uint32_t random_state;

static int pick(int n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (int)((random_state >> 8) % (uint32_t)n);
}

static void random_change(struct buf *out, int64_t time_s, bool late)
{
    static const char *const forms[] = {
        "AllocateAddress {} {'allocationId':'al-%d','publicIp':'192.0.2.%d'}",
        "ReleaseAddress {'allocationId':'al-%d'}",
        "AssociateAddress {'instanceId':'i-%d','publicIp':'192.0.2.%d'} {'associationId':'as-%d'}",
        "AssociateAddress {'instanceId':'i-%d','publicIp':'192.0.2.%d'}",
        "AssociateAddress {'instanceId':'i-%d','allocationId':'al-%d'} {'associationId':'as-%d'}",
        "AssociateAddress {'networkInterfaceId':'eni-%d','allocationId':'al-%d'} "
        "{'associationId':'as-%d'}",
        "AssociateAddress {'networkInterfaceId':'eni-%d','allocationId':'al-%d'}",
        "DisassociateAddress {'associationId':'as-%d'}",
        "DisassociateAddress {'publicIp':'192.0.2.%d'}",
        "AttachNetworkInterface {'networkInterfaceId':'eni-%d','instanceId':'i-%d'} "
        "{'attachmentId':'at-%d'}",
        "AttachNetworkInterface {'networkInterfaceId':'eni-%d','instanceId':'i-%d'}",
        "DetachNetworkInterface {'attachmentId':'at-%d'}",
        "DeleteNetworkInterface {'networkInterfaceId':'eni-%d'}",
        "AssignPrivateIpAddresses {'networkInterfaceId':'eni-%d','privateIpAddress':'10.0.0.%d'}",
        "UnassignPrivateIpAddresses {'networkInterfaceId':'eni-%d','privateIpAddress':'10.0.0.%d'}",
        "AssignPrivateIpAddresses {'networkInterfaceId':'eni-%d','ipv4Prefix':'10.0.0.0/31'}",
        "UnassignPrivateIpAddresses {'networkInterfaceId':'eni-%d','ipv4Prefix':'10.0.0.0/31'}",
        "RunInstances {} {'instancesSet':[{'instanceId':'i-%d','vpcId':'vpc-%d',"
        "'networkInterfaceSet':[{'networkInterfaceId':'eni-%d','attachment':{'attachmentId':"
        "'at-0'},'privateIpAddress':'10.0.0.1'}]}]}",
        "CreateNatGateway {} {'natGateway':{'natGatewayId':'nat-%d','vpcId':'vpc-%d',"
        "'natGatewayAddressSet':{'publicIp':'192.0.2.%d'}}}",
        "AssociateNatGatewayAddress {'natGatewayId':'nat-%d'} {'natGatewayAddressSet':"
        "{'publicIp':'192.0.2.%d','associationId':'as-%d'}}",
        "DisassociateNatGatewayAddress {'natGatewayId':'nat-%d','associationId':'as-%d'}",
        "DeleteNatGateway {'natGatewayId':'nat-%d'}"};
    const char *form = forms[pick((int)(sizeof forms / sizeof forms[0]))];
    buf_clear(out);
    buf_printf(out, "%s%d ", late ? "~" : "", (int)time_s);
    for (const char *p = form; *p; p++)
        if (p[0] == '%' && p[1] == 'd') {
            buf_printf(out, "%d", pick(3));
            p++;
        } else
            buf_putc(out, *p);
    buf_putc(out, '\0');
    ck_assert(!out->failed);
}

struct known {
    bool public[N_WHO][N_PUBLIC], private[N_WHO][N_PRIVATE];
};

static void who(char *text, int i)
{
    memcpy(text, "i-0", 4);
    text[2] = (char)('0' + i);
}

static struct known look(void)
{
    struct known k;
    for (int i = 0; i < N_WHO; i++) {
        char id[4], public[] = "192.0.2.0", private[] = "10.0.0.0";
        who(id, i);
        for (int n = 0; n < N_PUBLIC; n++) {
            public[sizeof public - 2] = private[sizeof private - 2] = (char)('0' + n);
            k.public[i][n] = has_public(id, public);
            k.private[i][n] = has_private(id, private);
        }
    }
    return k;
}

static bool log_has(const char *id, char kind, const char *ip)
{
    char want[32];
    snprintf(want, sizeof want, "%s%c%s", id, kind, ip);
    const char *at = strstr(log_text.p, want);
    return at && (at[strlen(want)] == ';' || at[strlen(want)] == '<');
}

/* Each that was known and is not now was told of, and no other. */
static void check_hooks(const struct known *was, const struct known *is)
{
    buf_putc(&log_text, '\0');
    for (int i = 0; i < N_WHO; i++) {
        char id[4], public[] = "192.0.2.0", private[] = "10.0.0.0";
        who(id, i);
        for (int n = 0; n < N_PUBLIC; n++) {
            public[sizeof public - 2] = private[sizeof private - 2] = (char)('0' + n);
            ck_assert_int_eq(log_has(id, '-', public), was->public[i][n] && !is->public[i][n]);
            bool by_range = n < 2 && log_has(id, '~', "10.0.0.0/31");
            if (was->private[i][n] && !is->private[i][n])
                ck_assert(by_range || log_has(id, '~', private));
            else
                ck_assert(!log_has(id, '~', private));
        }
    }
}

static void check_whose(const struct known *k)
{
    for (int n = 0; n < N_PUBLIC; n++) {
        char public[] = "192.0.2.0", private[] = "10.0.0.0", id[4];
        public[sizeof public - 2] = private[sizeof private - 2] = (char)('0' + n);
        int publicly = 0, privately = 0;
        for (int i = 0; i < N_WHO; i++) {
            publicly += k->public[i][n];
            privately += k->private[i][n];
        }
        struct str p = book_whose(book, ip_of(public), SLOT_PUBLIC, (struct str){0});
        struct str q = book_whose(book, ip_of(private), SLOT_PRIVATE, (struct str){0});
        ck_assert_int_eq(p.p != NULL, publicly == 1);
        ck_assert_int_eq(q.p != NULL, privately == 1);
        for (int i = 0; i < N_WHO; i++) {
            who(id, i);
            ck_assert(!p.p || str_eq(p, str_of(id)) == k->public[i][n]);
            ck_assert(!q.p || str_eq(q, str_of(id)) == k->private[i][n]);
        }
    }
}

static void random_call(int64_t time_s)
{
    char id[4], ip[] = "192.0.2.0";
    who(id, pick(N_WHO));
    ip[sizeof ip - 2] = (char)('0' + pick(N_PUBLIC));
    struct ip is = ip_of(ip);
    if (pick(2))
        ck_assert(spend(id, SLOT_PUBLIC, ip, time_s));
    else {
        struct ip was = is;
        was.b[3] = (uint8_t)pick(N_PUBLIC);
        buf_clear(&log_text);
        ck_assert(book_move(book, str_of(id), was, is, time_s));
    }
}

START_TEST(hooks_tell_exactly_what_ended)
{
    struct buf line = {0};
    struct known was = look();
    random_state = (uint32_t)_i;
    for (int64_t t = 1; t <= N_RANDOM; t++) {
        bool late = pick(8) == 0;
        random_change(&line, late ? t - pick(50) : t, late);
        if (pick(4) == 0)
            random_call(t);
        else
            ck_assert_int_eq(tell(line.p), BOOK_APPLIED);
        struct known is = look();
        check_hooks(&was, &is);
        check_whose(&is);
        was = is;
    }
    buf_free(&line);
}
END_TEST

START_TEST(a_late_copy_of_any_change_changes_nothing)
{
    struct buf line = {0}, copy = {0};
    random_state = (uint32_t)_i;
    for (int64_t t = 1; t <= N_RANDOM / 4; t++) {
        random_change(&line, t, false);
        TELL(line.p);
        struct known was = look();
        bool credits[N_WHO];
        for (int i = 0; i < N_WHO; i++)
            credits[i] = book_has_credit(book, (struct str){(char[]){'i', '-', (char)('0' + i)}, 3},
                                         SLOT_PUBLIC, t, false);
        buf_clear(&copy);
        buf_putc(&copy, '~');
        buf_puts(&copy, line.p);
        buf_putc(&copy, '\0');
        TELL(copy.p);
        struct known is = look();
        ck_assert_mem_eq(&was, &is, sizeof was);
        for (int i = 0; i < N_WHO; i++)
            ck_assert_int_eq(credits[i],
                             book_has_credit(book,
                                             (struct str){(char[]){'i', '-', (char)('0' + i)}, 3},
                                             SLOT_PUBLIC, t, false));
    }
    buf_free(&line);
    buf_free(&copy);
}
END_TEST

START_TEST(many_addresses_and_instances_are_no_trouble)
{
    struct buf line = {0};
    for (int n = 0; n < 10000; n += 1000) {
        buf_clear(&line);
        buf_printf(
            &line,
            "1 AssignPrivateIpAddresses {'networkInterfaceId':'eni-x%d','privateIpAddress':[", n);
        for (int i = n; i < n + 1000; i++)
            buf_printf(&line, "%s'10.1.%d.%d'", i > n ? "," : "", i / 250, i % 250);
        buf_puts(&line, "]}");
        buf_putc(&line, '\0');
        TELL(line.p);
        buf_clear(&line);
        buf_printf(&line,
                   "2 AttachNetworkInterface {'networkInterfaceId':'eni-x%d','instanceId':'i-0'} "
                   "{'attachmentId':'at-x%d'}",
                   n, n);
        buf_putc(&line, '\0');
        TELL(line.p);
    }
    ck_assert(has_private("i-0", "10.1.39.249"));
    for (int i = 1; i < 2000; i++) {
        buf_clear(&line);
        buf_printf(&line,
                   "3 RunInstances {} {'instancesSet':[{'instanceId':'i-%d','vpcId':'vpc-1',"
                   "'networkInterfaceSet':[{'networkInterfaceId':'eni-%d','privateIpAddress':"
                   "'10.0.0.1'}]}]}",
                   i, i);
        buf_putc(&line, '\0');
        TELL(line.p);
    }
    TELL(ALLOCATE("4", "al-1", "192.0.2.1"));
    TELL(NAT("5", "nat-1", "vpc-1", "al-1"));
    ck_assert(has_public("i-1", "192.0.2.1") && has_public("i-1999", "192.0.2.1"));
    ck_assert(has_private("i-1999", "10.0.0.1"));
    ck_assert_ptr_null(book_whose(book, ip_of("10.0.0.1"), SLOT_PRIVATE, (struct str){0}).p);
    TELL(DETACH("6", "at-x1000"));
    ck_assert(!has_private("i-0", "10.1.4.0") && has_private("i-0", "10.1.0.0"));
    buf_free(&line);
}
END_TEST

/* Whatever is told in whatever order, and forgotten in between: once all has ended all goes. */
START_TEST(what_is_forgotten_leaves_nothing_behind)
{
    struct buf line = {0};
    random_state = (uint32_t)_i + 77;
    book_limit(book, 50, _i % 2 ? 30 : 0);
    int64_t now = 0;
    for (int n = 0; n < 5000; n++) {
        now += pick(4) == 0 ? pick(60) : pick(3);
        book_advance(book, now);
        bool late = pick(4) == 0;
        random_change(&line, late ? now - pick(120) : now, late);
        ck_assert_int_ne(tell(line.p), BOOK_NOMEM);
        if (pick(10) == 0)
            (void)spend("i-1", pick(2) ? SLOT_PUBLIC : SLOT_PRIVATE, "192.0.2.77", now);
        if (pick(8) == 0) {
            buf_clear(&line);
            buf_printf(&line, "%d TerminateInstances {'instancesSet':[{'instanceId':'i-%d'}]}",
                       (int)now, pick(3));
            buf_putc(&line, '\0');
            TELL(line.p);
        }
        (void)look();
        if (_i % 2)
            ck_assert_uint_le(book_counts(book).facts, 45);
    }
    for (int i = 0; i < 3; i++) {
        static const char *const ends[] = {
            "ReleaseAddress {'allocationId':'al-%d'}",
            "DeleteNatGateway {'natGatewayId':'nat-%d'}",
            "ReleaseAddress {'publicIp':'192.0.2.%d'}",
            "DeleteNetworkInterface {'networkInterfaceId':'eni-%d'}",
            "DetachNetworkInterface {'attachmentId':'at-%d'}",
            "TerminateInstances {'instancesSet':[{'instanceId':'i-%d'}]}"};
        for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
            buf_clear(&line);
            buf_printf(&line, "%d ", (int)now);
            for (const char *p = ends[k]; *p; p++)
                if (p[0] == '%' && p[1] == 'd') {
                    buf_printf(&line, "%d", i);
                    p++;
                } else
                    buf_putc(&line, *p);
            buf_putc(&line, '\0');
            TELL(line.p);
        }
    }
    for (int i = 0; i < 10; i++)
        book_advance(book, now += 100);
    TELL("100000 ReleaseAddress {'publicIp':'192.0.2.77'}");
    for (int i = 0; i < 10; i++)
        book_advance(book, 100000 + 100 * i);
    ck_assert_uint_eq(book_counts(book).facts, 0);
    buf_free(&line);
}
END_TEST

static Suite *addressbook_random_suite(void)
{
    Suite *s = suite_create("addressbook_random");
    TCase *t = tcase_create("addressbook_random");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, hooks_tell_exactly_what_ended, 0, 3);
    tcase_add_loop_test(t, a_late_copy_of_any_change_changes_nothing, 0, 3);
    tcase_add_loop_test(t, what_is_forgotten_leaves_nothing_behind, 0, 8);
    tcase_add_test(t, many_addresses_and_instances_are_no_trouble);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(addressbook_random_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    buf_free(&log_text);
    return failed != 0;
}
