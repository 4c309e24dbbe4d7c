#include "ctlock/useragent.h"

#include "ctlock/source.h"

struct product {
    struct str name;
    struct str major; /* empty where there is none */
};

/* The SDKs in the order of their claim to be the family. The tail `*` takes any ending. */
static const char *const sdk_names[] = {"aws-cli", "Boto3",     "Botocore",
                                        "Boto",    "aws-sdk-*", "aws-internal"};
enum { SDK_COUNT = sizeof sdk_names / sizeof *sdk_names };

/* Programs that are worth telling apart from others that use the same SDK. To add one: the name of
 * its product in lower case, and what to call it in a family. Sorted by product. */
static const struct {
    const char *product, *agent;
} known_agents[] = {
    {"amazon-cloudwatch-agent", "amazon-cloudwatch-agent"},
    {"amazon-ecs-agent", "amazon-ecs-agent"},
    {"amazon-ssm-agent", "amazon-ssm-agent"},
    {"ansible", "ansible"},
    {"argocd", "argocd"},
    {"aws-codedeploy-agent", "aws-codedeploy-agent"},
    {"aws-ebs-csi-driver", "aws-ebs-csi-driver"},
    {"aws-efs-csi-driver", "aws-efs-csi-driver"},
    {"aws-for-fluent-bit", "fluent-bit"},
    {"aws-load-balancer-controller", "aws-load-balancer-controller"},
    {"aws-node-termination-handler", "aws-node-termination-handler"},
    {"chef", "chef"},
    {"cluster-autoscaler", "cluster-autoscaler"},
    {"codedeploy-agent", "aws-codedeploy-agent"},
    {"cwagent", "amazon-cloudwatch-agent"},
    {"datadog-agent", "datadog-agent"},
    {"ebs.csi.aws.com", "aws-ebs-csi-driver"},
    {"external-dns", "external-dns"},
    {"externaldns", "external-dns"},
    {"filebeat", "filebeat"},
    {"fluent-bit", "fluent-bit"},
    {"fluentd", "fluentd"},
    {"grafana", "grafana"},
    {"hadoop", "hadoop"},
    {"karpenter", "karpenter"},
    {"karpenter.sh", "karpenter"},
    {"kiam", "kiam"},
    {"kubelet", "kubelet"},
    {"logstash", "logstash"},
    {"metricbeat", "metricbeat"},
    {"packer", "packer"},
    {"prometheus", "prometheus"},
    {"pulumi", "pulumi"},
    {"puppet", "puppet"},
    {"rclone", "rclone"},
    {"s3fs", "s3fs"},
    {"spark", "spark"},
    {"ssm-agent-worker", "amazon-ssm-agent"},
    {"telegraf", "telegraf"},
    {"terraform", "terraform"},
    {"terraform-provider-aws", "terraform"},
    {"vault", "vault"},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Equal but for the case of ASCII letters. */
static bool same_name(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

/* Place in sdk_names, SDK_COUNT for other products. */
static size_t sdk_rank(struct str name)
{
    size_t rank = 0;
    for (; rank < SDK_COUNT; rank++) {
        struct str sdk = str_of(sdk_names[rank]);
        if (sdk.p[sdk.n - 1] == '*') {
            sdk.n--;
            if (name.n >= sdk.n && same_name((struct str){name.p, sdk.n}, sdk))
                break;
        } else if (same_name(name, sdk)) {
            break;
        }
    }
    return rank;
}

/* What a family calls the program of that product, NULL where it calls it nothing. */
static const char *agent_of(struct str name)
{
    for (size_t i = 0; i < sizeof known_agents / sizeof *known_agents; i++) {
        if (same_name(name, str_of(known_agents[i].product)))
            return known_agents[i].agent;
    }
    return NULL;
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
    while (word.n > 0 && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == ';'))
        word.n--;
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

/* Take the next product out of *rest; false at the end. */
static bool next_product(struct str *rest, struct product *out)
{
    while (rest->n > 0) {
        if (rest->p[0] == '(') {
            *rest = str_skip(*rest, parenthesis_nbytes(*rest));
            continue;
        }
        size_t n = 0;
        while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '(')
            n++;
        *out = product_of((struct str){rest->p, n});
        *rest = str_skip(*rest, n > 0 ? n : 1);
        if (out->name.n > 0)
            return true;
    }
    return false;
}

static struct str strip_brackets(struct str s)
{
    return s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']' ? (struct str){s.p + 1, s.n - 2} : s;
}

/* The product that names the family and its place in sdk_names; false where there is no product. */
static bool base_product(struct str text, struct product *base, size_t *rank)
{
    struct product product;
    bool any = false;
    while (next_product(&text, &product)) {
        size_t r = sdk_rank(product.name);
        if (!any || r < *rank) {
            *base = product;
            *rank = r;
        }
        any = true;
    }
    return any;
}

/* Append `+agent` for the first known agent other than the base. */
static void put_agent(struct buf *out, struct str text, struct str base_name)
{
    const char *base_agent = agent_of(base_name);
    struct product product;
    while (next_product(&text, &product)) {
        const char *agent = agent_of(product.name);
        if (agent && (!base_agent || strcmp(agent, base_agent) != 0)) {
            buf_putc(out, '+');
            buf_puts(out, agent);
            return;
        }
    }
}

static void put_name(struct buf *out, struct str name, size_t rank)
{
    if (rank == SDK_COUNT) {
        buf_str(out, name);
    } else if (strchr(sdk_names[rank], '*')) {
        for (size_t i = 0; i < name.n; i++)
            buf_putc(out, lower(name.p[i]));
    } else {
        buf_puts(out, sdk_names[rank]);
    }
}

/* A host name among many words is not the caller's name. */
static bool is_service(struct str text)
{
    return source_is_service(text) &&
           (str_starts(text, STR("AWS Internal")) || !memchr(text.p, ' ', text.n));
}

void useragent_family(struct str user_agent, struct buf *out)
{
    struct str text = strip_brackets(user_agent);
    struct product base;
    size_t rank = SDK_COUNT;
    if (text.n > 0 && is_service(text)) {
        buf_puts(out, "service");
        return;
    }
    if (!base_product(text, &base, &rank)) {
        buf_puts(out, "none");
        return;
    }
    put_name(out, base.name, rank);
    if (base.major.n > 0) {
        buf_putc(out, '/');
        buf_str(out, base.major);
    }
    put_agent(out, text, base.name);
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
