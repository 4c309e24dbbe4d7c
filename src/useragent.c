#include "ctlock/useragent.h"

#include "ctlock/byte.h"
#include "ctlock/source.h"

#include <stdlib.h>

struct product {
    struct str name;
    struct str major; /* empty where there is none */
};

/* A literal as a view, in a constant initializer. */
#define LIT(lit)                                                                                   \
    {                                                                                              \
        (lit), sizeof(lit) - 1                                                                     \
    }

/* The SDKs in the order of their claim to be the family. */
static const struct {
    struct str name;
    bool any_tail; /* names that only begin so, too; written in lower case */
} sdks[] = {
    {LIT("aws-cli"), false}, {LIT("Boto3"), false},   {LIT("Botocore"), false},
    {LIT("Boto"), false},    {LIT("aws-sdk-"), true}, {LIT("aws-internal"), false},
};
enum { SDK_COUNT = sizeof sdks / sizeof *sdks };

/* Programs that are worth telling apart from others that use the same SDK. To add one: the name of
 * its product in lower case, and what to call it in a family. Sorted by product. */
static const struct known_agent {
    struct str product;
    const char *agent;
} known_agents[] = {
    {LIT("amazon-cloudwatch-agent"), "amazon-cloudwatch-agent"},
    {LIT("amazon-ecs-agent"), "amazon-ecs-agent"},
    {LIT("amazon-ssm-agent"), "amazon-ssm-agent"},
    {LIT("ansible"), "ansible"},
    {LIT("argocd"), "argocd"},
    {LIT("aws-codedeploy-agent"), "aws-codedeploy-agent"},
    {LIT("aws-ebs-csi-driver"), "aws-ebs-csi-driver"},
    {LIT("aws-efs-csi-driver"), "aws-efs-csi-driver"},
    {LIT("aws-for-fluent-bit"), "fluent-bit"},
    {LIT("aws-load-balancer-controller"), "aws-load-balancer-controller"},
    {LIT("aws-node-termination-handler"), "aws-node-termination-handler"},
    {LIT("chef"), "chef"},
    {LIT("cluster-autoscaler"), "cluster-autoscaler"},
    {LIT("codedeploy-agent"), "aws-codedeploy-agent"},
    {LIT("cwagent"), "amazon-cloudwatch-agent"},
    {LIT("datadog-agent"), "datadog-agent"},
    {LIT("ebs.csi.aws.com"), "aws-ebs-csi-driver"},
    {LIT("external-dns"), "external-dns"},
    {LIT("externaldns"), "external-dns"},
    {LIT("filebeat"), "filebeat"},
    {LIT("fluent-bit"), "fluent-bit"},
    {LIT("fluentd"), "fluentd"},
    {LIT("grafana"), "grafana"},
    {LIT("hadoop"), "hadoop"},
    {LIT("karpenter"), "karpenter"},
    {LIT("karpenter.sh"), "karpenter"},
    {LIT("kiam"), "kiam"},
    {LIT("kubelet"), "kubelet"},
    {LIT("logstash"), "logstash"},
    {LIT("metricbeat"), "metricbeat"},
    {LIT("packer"), "packer"},
    {LIT("prometheus"), "prometheus"},
    {LIT("pulumi"), "pulumi"},
    {LIT("puppet"), "puppet"},
    {LIT("rclone"), "rclone"},
    {LIT("s3fs"), "s3fs"},
    {LIT("spark"), "spark"},
    {LIT("ssm-agent-worker"), "amazon-ssm-agent"},
    {LIT("telegraf"), "telegraf"},
    {LIT("terraform"), "terraform"},
    {LIT("terraform-provider-aws"), "terraform"},
    {LIT("vault"), "vault"},
};

/* Equal but for the case of ASCII letters. */
static bool same_name(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (byte_lower(a.p[i]) != byte_lower(b.p[i]))
            return false;
    }
    return true;
}

/* Place in sdks, SDK_COUNT for other products. */
static size_t sdk_rank(struct str name)
{
    size_t rank = 0;
    for (; rank < SDK_COUNT; rank++) {
        struct str sdk = sdks[rank].name;
        struct str head = name;
        if (sdks[rank].any_tail && head.n > sdk.n)
            head.n = sdk.n;
        if (same_name(head, sdk))
            break;
    }
    return rank;
}

/* Order of a name in any case against a known agent's product. */
static int product_cmp(const void *key, const void *known)
{
    struct str name = *(const struct str *)key;
    struct str product = ((const struct known_agent *)known)->product;
    for (size_t i = 0; i < name.n && i < product.n; i++) {
        int c = (unsigned char)byte_lower(name.p[i]) - (unsigned char)product.p[i];
        if (c != 0)
            return c;
    }
    return (name.n > product.n) - (name.n < product.n);
}

/* What a family calls the program of that product, NULL where it calls it nothing. */
static const char *agent_of(struct str name)
{
    const struct known_agent *known =
        bsearch(&name, known_agents, sizeof known_agents / sizeof *known_agents,
                sizeof *known_agents, product_cmp);
    return known ? known->agent : NULL;
}

/* The length of the parenthesis that opens at the beginning of s. */
static size_t parenthesis_nbytes(struct str s)
{
    size_t depth = 0, i = 0;
    do {
        depth += s.p[i] == '(';
        depth -= s.p[i] == ')';
        i++;
    } while (i < s.n && depth > 0);
    return i;
}

static struct product product_of(struct str word)
{
    struct product product = {.name = {word.p, 0}};
    while (product.name.n < word.n && word.p[product.name.n] != '/' &&
           word.p[product.name.n] != '#')
        product.name.n++;
    if (product.name.n < word.n)
        product.major.p = word.p + product.name.n + 1;
    while (product.name.n + 1 + product.major.n < word.n &&
           product.major.p[product.major.n] >= '0' && product.major.p[product.major.n] <= '9')
        product.major.n++;
    return product;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool ends_product(char c)
{
    return is_space(c) || c == ',' || c == ';' || c == '(' || c == ')';
}

/* Take the next product out of *rest; false at the end. */
static bool next_product(struct str *rest, struct product *out)
{
    while (rest->n > 0) {
        if (rest->p[0] == '(') {
            *rest = str_skip(*rest, parenthesis_nbytes(*rest));
            continue;
        }
        size_t n = 0;
        while (n < rest->n && !ends_product(rest->p[n]))
            n++;
        *out = product_of((struct str){rest->p, n});
        *rest = str_skip(*rest, n > 0 ? n : 1);
        if (out->name.n > 0)
            return true;
    }
    return false;
}

static struct str trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0]))
        s = str_skip(s, 1);
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Without white space and one pair of brackets around it. */
static struct str strip_brackets(struct str s)
{
    s = trim(s);
    if (s.n < 2 || s.p[0] != '[' || s.p[s.n - 1] != ']')
        return s;
    return trim((struct str){s.p + 1, s.n - 2});
}

/* What a family is made of. */
struct parts {
    struct product base;
    size_t rank;          /* of base, in sdks */
    const char *agent[2]; /* the first two different known agents in the text, or NULL */
};

/* False where there is no product. */
static bool parts_read(struct str text, struct parts *out)
{
    struct product product;
    bool any = false;
    *out = (struct parts){0};
    while (next_product(&text, &product)) {
        size_t rank = sdk_rank(product.name);
        if (!any || rank < out->rank) {
            out->base = product;
            out->rank = rank;
        }
        any = true;
        const char *agent = agent_of(product.name);
        if (agent && !out->agent[0])
            out->agent[0] = agent;
        else if (agent && !out->agent[1] && strcmp(agent, out->agent[0]) != 0)
            out->agent[1] = agent;
    }
    return any;
}

static void put_name(struct buf *out, struct str name, size_t rank)
{
    if (rank == SDK_COUNT) {
        buf_str(out, name);
    } else if (sdks[rank].any_tail) {
        for (size_t i = 0; i < name.n; i++)
            buf_putc(out, byte_lower(name.p[i]));
    } else {
        buf_str(out, sdks[rank].name);
    }
}

/* Append `+agent` for the first known agent other than the base. */
static void put_agent(struct buf *out, const struct parts *parts)
{
    const char *base = agent_of(parts->base.name);
    bool first_is_base = base && parts->agent[0] && strcmp(base, parts->agent[0]) == 0;
    const char *agent = parts->agent[first_is_base ? 1 : 0];
    if (agent) {
        buf_putc(out, '+');
        buf_puts(out, agent);
    }
}

void useragent_family(struct str user_agent, struct buf *out)
{
    struct str text = strip_brackets(user_agent);
    struct parts parts;
    if (text.n > 0 && source_is_service(text)) {
        buf_puts(out, "service");
        return;
    }
    if (!parts_read(text, &parts)) {
        buf_puts(out, "none");
        return;
    }
    put_name(out, parts.base.name, parts.rank);
    if (parts.base.major.n > 0) {
        buf_putc(out, '/');
        buf_str(out, parts.base.major);
    }
    put_agent(out, &parts);
}

bool useragent_is_sdk(struct str user_agent)
{
    struct str text = strip_brackets(user_agent);
    struct product product;
    while (next_product(&text, &product)) {
        if (sdk_rank(product.name) < SDK_COUNT)
            return true;
    }
    return false;
}
