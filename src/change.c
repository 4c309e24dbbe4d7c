#include "ctlock/change.h"

/* An id, which the address book keeps. AWS's have some twenty characters: what is far longer is
 * none. */
static struct str id_text(doc_node *node)
{
    struct str t = doc_text(node);
    return t.n <= CHANGE_MAX_ID_NBYTES ? t : (struct str){0};
}

/* The id that the first of two values has under this name. */
static struct str id_of(doc_node *a, doc_node *b, const char *name)
{
    struct str t = id_text(doc_find(a, name));
    return t.p ? t : id_text(doc_find(b, name));
}

static struct ip ip_of(doc_node *a, doc_node *b, const char *name)
{
    struct ip ip;
    return ip_parse(doc_text(doc_find(a, name)), &ip) || ip_parse(doc_text(doc_find(b, name)), &ip)
               ? ip
               : (struct ip){0};
}

/* The id that a list's element is, or has under this name. */
static struct str element_id(doc_node *element, const char *name)
{
    struct str t = id_text(element);
    return t.p ? t : id_text(doc_get(element, name));
}

static void read_address(struct change *c, doc_node *element)
{
    static const char *const names[] = {"privateIpAddress", "ipv6Address", "ipv4Prefix",
                                        "ipv6Prefix"};
    struct str text = doc_text(element);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !text.p; i++)
        text = doc_text(doc_get(element, names[i]));
    struct cidr range;
    if (text.p && !cidr_parse(text, &range))
        buf_add(&c->address_mem, &range, sizeof range);
}

/* The addresses and prefixes of an interface that this value tells. */
static void read_addresses(struct change *c, doc_node *from)
{
    static const char *const sets[] = {"privateIpAddress",
                                       "privateIpAddresses",
                                       "privateIpAddressesSet",
                                       "assignedPrivateIpAddresses",
                                       "assignedPrivateIpAddressesSet",
                                       "ipv6Address",
                                       "ipv6Addresses",
                                       "ipv6AddressesSet",
                                       "assignedIpv6Addresses",
                                       "assignedIpv6AddressesSet",
                                       "ipv4Prefix",
                                       "ipv4Prefixes",
                                       "ipv4PrefixSet",
                                       "assignedIpv4Prefixes",
                                       "assignedIpv4PrefixSet",
                                       "ipv6Prefix",
                                       "ipv6Prefixes",
                                       "ipv6PrefixSet",
                                       "assignedIpv6Prefixes",
                                       "assignedIpv6PrefixSet"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        doc_node *set = doc_find(from, sets[i]), *element;
        doc_node *typed = doc_get(set, "assignedPrivateIpAddressSetType");
        struct doc_list list = doc_list(typed ? typed : set);
        while ((element = doc_next(&list)) != NULL)
            read_address(c, element);
    }
}

static size_t count_addresses(const struct change *c)
{
    return c->address_mem.n / sizeof(struct cidr);
}

static size_t count_interfaces(const struct change *c)
{
    return c->interface_mem.n / sizeof(struct change_interface);
}

static void read_interface(struct change *c, doc_node *from)
{
    struct change_interface i = {.id = id_text(doc_get(from, "networkInterfaceId")),
                                 .attachment =
                                     id_text(doc_get(doc_get(from, "attachment"), "attachmentId")),
                                 .first_address = count_addresses(c)};
    if (!i.id.p)
        return;
    read_addresses(c, from);
    i.n_addresses = count_addresses(c) - i.first_address;
    buf_add(&c->interface_mem, &i, sizeof i);
}

static bool was_stopped(doc_node *instance)
{
    doc_node *state = doc_get(instance, "previousState");
    doc_node *code = doc_get(state, "code"), *name = doc_get(state, "name");
    return (!code && !name) || doc_is_number(code, 80) || str_eq(doc_text(name), STR("stopped"));
}

static void read_instance(struct change *c, doc_node *from)
{
    struct change_instance i = {.id = element_id(from, "instanceId"),
                                .vpc = id_text(doc_get(from, "vpcId")),
                                .was_stopped = was_stopped(from),
                                .first_interface = count_interfaces(c)};
    if (!i.id.p)
        return;
    struct doc_list list = doc_list(doc_get(from, "networkInterfaceSet"));
    for (doc_node *e; c->kind == CHANGE_RUN && (e = doc_next(&list)) != NULL;)
        read_interface(c, e);
    i.n_interfaces = count_interfaces(c) - i.first_interface;
    buf_add(&c->instance_mem, &i, sizeof i);
}

/* True when there was an instance in the list that the value has under this name. */
static bool read_instances(struct change *c, doc_node *from, const char *name)
{
    struct doc_list list = doc_list(doc_find(from, name));
    for (doc_node *e; (e = doc_next(&list)) != NULL;)
        read_instance(c, e);
    return c->instance_mem.n > 0;
}

static void add_nat_address(struct change *c, const struct change_nat_address *a)
{
    if (a->ip.family || a->allocation.p || a->association.p)
        buf_add(&c->nat_mem, a, sizeof *a);
}

/* What the request has as a list of texts under this name. */
static void read_nat_request(struct change *c, const char *name, bool is_association)
{
    struct doc_list list = doc_list(doc_find(c->request, name));
    for (doc_node *e; (e = doc_next(&list)) != NULL;) {
        struct change_nat_address a = {.ip = {.family = 0}};
        *(is_association ? &a.association : &a.allocation) = element_id(e, name);
        add_nat_address(c, &a);
    }
}

static void read_nat(struct change *c)
{
    doc_node *nat = doc_find(c->response, "natGateway");
    if (!nat)
        nat = c->response;
    c->nat = id_of(nat, c->request, "natGatewayId");
    c->vpc = id_text(doc_find(nat, "vpcId"));
    if (c->kind == CHANGE_DELETE_NAT)
        return;
    bool is_address_told = false;
    struct doc_list list = doc_list(doc_find(nat, "natGatewayAddressSet"));
    for (doc_node *e; (e = doc_next(&list)) != NULL;) {
        struct change_nat_address a = {.ip = ip_of(e, NULL, "publicIp"),
                                       .allocation = id_text(doc_get(e, "allocationId")),
                                       .association = id_text(doc_get(e, "associationId"))};
        is_address_told = is_address_told || a.ip.family || a.allocation.p;
        add_nat_address(c, &a);
    }
    if (c->kind == CHANGE_DISASSOCIATE_NAT)
        read_nat_request(c, "associationId", true);
    else if (!is_address_told)
        read_nat_request(c, "allocationId", false);
}

/* The names that the events without lists have in common, wherever they stand. */
static void read_ids(struct change *c)
{
    if (c->kind >= CHANGE_CREATE_NAT)
        return;
    doc_node *made = doc_find(c->response, "networkInterface");
    c->instance = id_of(c->request, c->response, "instanceId");
    c->interface = c->kind == CHANGE_CREATE_INTERFACE
                       ? id_of(made, c->response, "networkInterfaceId")
                       : id_of(c->request, c->response, "networkInterfaceId");
    c->attachment = id_of(c->request, c->response, "attachmentId");
    c->allocation = id_of(c->request, c->response, "allocationId");
    c->association = id_of(c->request, c->response, "associationId");
    c->ip = ip_of(c->request, c->response, "publicIp");
}

static void read_lists(struct change *c)
{
    doc_node *made = doc_find(c->response, "networkInterface");
    switch (c->kind) {
    case CHANGE_CREATE_INTERFACE:
        read_addresses(c, made ? made : c->response);
        break;
    case CHANGE_ASSIGN:
        read_addresses(c, c->response);
        read_addresses(c, c->request);
        break;
    case CHANGE_UNASSIGN:
        read_addresses(c, c->request);
        break;
    case CHANGE_RUN:
        read_instances(c, c->response, "instancesSet");
        break;
    case CHANGE_TERMINATE:
        if (read_instances(c, c->details, "instanceIdSet"))
            break;
        /* fall through */
    case CHANGE_START:
    case CHANGE_STOP:
        if (!read_instances(c, c->response, "instancesSet") &&
            !read_instances(c, c->request, "instancesSet"))
            read_instances(c, c->request, "instanceId");
        break;
    case CHANGE_CREATE_NAT:
    case CHANGE_ASSOCIATE_NAT:
    case CHANGE_DISASSOCIATE_NAT:
    case CHANGE_DELETE_NAT:
        read_nat(c);
        break;
    default:
        break;
    }
}

static void view_lists(struct change *c)
{
    c->addresses = (const void *)c->address_mem.p;
    c->n_addresses = count_addresses(c);
    c->instances = (const void *)c->instance_mem.p;
    c->n_instances = c->instance_mem.n / sizeof *c->instances;
    c->interfaces = (const void *)c->interface_mem.p;
    c->n_interfaces = count_interfaces(c);
    c->nat_addresses = (const void *)c->nat_mem.p;
    c->n_nat_addresses = c->nat_mem.n / sizeof *c->nat_addresses;
}

static bool fits(const struct change *c)
{
    switch (c->kind) {
    case CHANGE_NONE:
        return false;
    case CHANGE_ALLOCATE:
        return c->allocation.p && c->ip.family;
    case CHANGE_RELEASE:
        return c->allocation.p || c->ip.family;
    case CHANGE_ASSOCIATE:
        return c->instance.p || c->interface.p;
    case CHANGE_DISASSOCIATE:
        return c->association.p || c->ip.family;
    case CHANGE_CREATE_INTERFACE:
    case CHANGE_DELETE_INTERFACE:
        return c->interface.p;
    case CHANGE_ATTACH:
        return c->instance.p && c->interface.p;
    case CHANGE_DETACH:
        return c->attachment.p;
    case CHANGE_ASSIGN:
    case CHANGE_UNASSIGN:
        return c->interface.p && c->n_addresses;
    case CHANGE_CREATE_NAT:
    case CHANGE_ASSOCIATE_NAT:
    case CHANGE_DELETE_NAT:
        return c->nat.p;
    case CHANGE_DISASSOCIATE_NAT:
        return c->n_nat_addresses;
    case CHANGE_RUN:
    case CHANGE_START:
    case CHANGE_STOP:
    case CHANGE_TERMINATE:
        return c->n_instances;
    }
    return false;
}

/* What is no JSON tells nothing. */
static bool read_doc(const struct event *e, enum event_field f, doc_node **root)
{
    return doc_parse(event_str(e, f), root) != DOC_NOMEM;
}

enum change_result change_read(const struct event *e, struct change *out)
{
    *out = (struct change){.kind = changename_kind(event_str(e, EF_EVENT_NAME))};
    bool ok = read_doc(e, EF_REQUEST, &out->request) && read_doc(e, EF_RESPONSE, &out->response) &&
              read_doc(e, EF_SERVICE_DETAILS, &out->details);
    if (ok) {
        read_ids(out);
        read_lists(out);
        ok = !out->address_mem.failed && !out->instance_mem.failed && !out->interface_mem.failed &&
             !out->nat_mem.failed;
    }
    if (ok) {
        view_lists(out);
        if (fits(out))
            return CHANGE_FITS;
    }
    change_free(out);
    return ok ? CHANGE_UNFIT : CHANGE_NOMEM;
}

void change_free(struct change *c)
{
    doc_free(c->request);
    doc_free(c->response);
    doc_free(c->details);
    buf_free(&c->address_mem);
    buf_free(&c->instance_mem);
    buf_free(&c->interface_mem);
    buf_free(&c->nat_mem);
    *c = (struct change){.kind = CHANGE_NONE};
}
