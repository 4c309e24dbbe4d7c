/* book_kit: an address book to tell changes to, and what its hooks were told. */
#ifndef BOOK_KIT_H
#define BOOK_KIT_H

#include "ctlock/addressbook.h"

#include "made_change.h"

#include <check.h>

enum { TTL_S = 1000 };

static struct addressbook *book;
static struct buf log_text; /* what the hooks were told */
static struct str refused;

static inline void log_until(int64_t until_s)
{
    if (until_s != INT64_MAX)
        buf_printf(&log_text, "<=%d", (int)until_s);
    buf_putc(&log_text, ';');
}

static inline void on_forget(void *self, struct str instance, struct ip ip, enum slot slot,
                             int64_t until_s)
{
    ck_assert_ptr_eq(self, &log_text);
    ck_assert(!book_knows(book, instance, ip, slot));
    buf_str(&log_text, instance);
    buf_putc(&log_text, slot == SLOT_PUBLIC ? '-' : '~');
    ip_format(ip, &log_text);
    log_until(until_s);
}

static inline void on_forget_range(void *self, struct str instance, struct cidr range,
                                   int64_t until_s)
{
    ck_assert_ptr_eq(self, &log_text);
    buf_str(&log_text, instance);
    buf_putc(&log_text, '~');
    ip_format(range.ip, &log_text);
    buf_printf(&log_text, "/%d", range.bits);
    log_until(until_s);
}

static inline void on_forget_unknown(void *self, struct str instance, int64_t until_s)
{
    ck_assert_ptr_eq(self, &log_text);
    buf_str(&log_text, instance);
    buf_putc(&log_text, '?');
    log_until(until_s);
}

static const struct hash_key book_key = {1, 2};

static inline struct book_life life_of(struct str instance)
{
    return book_life(book, instance, siphash13(book_key, instance.p, instance.n));
}

static inline void setup(void)
{
    struct book_hooks hooks = {&log_text, on_forget, on_forget_range, on_forget_unknown, NULL};
    book = book_new(book_key, TTL_S, &hooks);
    ck_assert_ptr_nonnull(book);
    refused = (struct str){0};
}

static inline void teardown(void)
{
    book_free(book);
    book = NULL;
}

/* The next word of a line, with " for '. */
static inline struct str word(char **line)
{
    char *p = *line;
    size_t n = strcspn(p, " ");
    *line = p[n] ? p + n + 1 : p + n;
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\'')
            p[i] = '"';
    return n ? (struct str){p, n} : (struct str){0};
}

/* Apply one change: "[~]TIME NAME REQUEST RESPONSE DETAILS", ~ for late; the log begins anew. */
static inline enum book_result tell(const char *text)
{
    struct buf copy = {0};
    buf_puts(&copy, text);
    buf_putc(&copy, '\0');
    ck_assert(!copy.failed);
    char *line = copy.p;
    struct made_change made = {.late = *line == '~'};
    made.time_s = strtol(line + made.late, NULL, 10);
    (void)word(&line);
    made.name = word(&line);
    made.request = word(&line);
    made.response = word(&line);
    made.details = word(&line);
    struct event *e = made_event(&made);
    buf_free(&copy);
    buf_clear(&log_text);
    enum book_result r = book_apply(book, e, refused);
    free(e);
    return r;
}

/* Append form, with n for each #. */
static inline void put_form(struct buf *to, const char *form, int n)
{
    for (const char *p = form; *p; p++)
        if (*p == '#')
            buf_printf(to, "%d", n);
        else
            buf_putc(to, *p);
}

#define TELL(text) ck_assert_int_eq(tell(text), BOOK_APPLIED)

static inline void check_log(const char *want)
{
    buf_putc(&log_text, '\0');
    ck_assert(!log_text.failed);
    ck_assert_str_eq(log_text.p, want);
    buf_clear(&log_text);
}

/* Apply a change, and the hooks are told this. */
#define TELLS(text, want)                                                                          \
    do {                                                                                           \
        TELL(text);                                                                                \
        check_log(want);                                                                           \
    } while (0)

static inline struct ip ip_of(const char *text)
{
    struct ip ip;
    ck_assert(ip_parse(str_of(text), &ip));
    return ip;
}

static inline bool has_public(const char *instance, const char *ip)
{
    return book_knows(book, str_of(instance), ip_of(ip), SLOT_PUBLIC);
}

static inline bool has_private(const char *instance, const char *ip)
{
    bool is = book_knows(book, str_of(instance), ip_of(ip), SLOT_PRIVATE);
    ck_assert(is == book_knows(book, str_of(instance), ip_of(ip), SLOT_IPV6));
    return is;
}

static inline bool credit(const char *instance, enum slot slot)
{
    return book_has_credit(book, str_of(instance), slot, 0, false);
}

static inline bool spend(const char *instance, enum slot slot, const char *ip, int64_t time_s)
{
    buf_clear(&log_text);
    return book_spend(book, str_of(instance), slot, ip_of(ip), time_s, false);
}

#define ASSOCIATE_IP(time, who, ip, id)                                                            \
    time " AssociateAddress {'instanceId':'" who "','publicIp':'" ip "'} {'associationId':'" id "'}"
#define ASSOCIATE_ALLOC(time, who, alloc, id)                                                      \
    time " AssociateAddress {'instanceId':'" who "','allocationId':'" alloc                        \
         "'} {'associationId':'" id "'}"
#define ASSOCIATE_ENI(time, eni, alloc, id)                                                        \
    time " AssociateAddress {'networkInterfaceId':'" eni "','allocationId':'" alloc                \
         "'} {'associationId':'" id "'}"
#define ALLOCATE(time, alloc, ip)                                                                  \
    time " AllocateAddress {} {'allocationId':'" alloc "','publicIp':'" ip "'}"
#define DISASSOCIATE(time, id) time " DisassociateAddress {'associationId':'" id "'}"
#define ATTACH(time, eni, who, id)                                                                 \
    time " AttachNetworkInterface {'networkInterfaceId':'" eni "','instanceId':'" who              \
         "'} {'attachmentId':'" id "'}"
#define DETACH(time, id) time " DetachNetworkInterface {'attachmentId':'" id "'}"
#define CREATE(time, eni, ip)                                                                      \
    time " CreateNetworkInterface {} {'networkInterface':{'networkInterfaceId':'" eni              \
         "','privateIpAddress':'" ip "'}}"
#define ASSIGN(time, eni, ip)                                                                      \
    time " AssignPrivateIpAddresses {'networkInterfaceId':'" eni "','privateIpAddress':'" ip "'}"
#define UNASSIGN(time, eni, ip)                                                                    \
    time " UnassignPrivateIpAddresses {'networkInterfaceId':'" eni "','privateIpAddress':'" ip "'" \
         "}"
#define RUN(time, who, vpc, eni, id, ip)                                                           \
    time " RunInstances {} {'instancesSet':{'items':[{'instanceId':'" who "','vpcId':'" vpc        \
         "','networkInterfaceSet':{'items':[{'networkInterfaceId':'" eni                           \
         "','attachment':{'attachmentId':'" id "'},'privateIpAddress':'" ip "'}]}}]}}"
#define NAT(time, nat, vpc, alloc)                                                                 \
    time " CreateNatGateway {'CreateNatGatewayRequest':{'AllocationId':'" alloc                    \
         "'}} {'CreateNatGatewayResponse':{'natGateway':{'natGatewayId':'" nat "','vpcId':'" vpc   \
         "'}}}"

#endif
