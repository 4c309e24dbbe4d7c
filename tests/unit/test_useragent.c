/* useragent, useragents: families of user agents, and lists of them. */
#include "ctlock/useragent.h"
#include "ctlock/useragents.h"

#include "../exact.h"
#include "ctlock/text.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *agent, *family;
    bool sdk;
} rows[] = {
    /* As trails have them. */
    {"aws-cli/2.13.5 Python/3.11.4 Linux/6.1 exe/x86_64.amzn.2 exec-env/CloudShell prompt/off",
     "aws-cli/2", true},
    {"aws-cli/1.29.54 md/Botocore#1.31.54 ua/2.0 os/linux#6.1", "aws-cli/1", true},
    {"Boto3/1.26.165 Python/3.8.16 Linux/4.14 Botocore/1.29.165", "Boto3/1", true},
    {"Boto3/1.40.4 md/Botocore#1.40.4 ua/2.1 os/linux#6.1", "Boto3/1", true},
    {"[Boto3/1.26.165 Python/3.8.16 Linux/4.14 Botocore/1.29.165]", "Boto3/1", true},
    {"[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]", "aws-cli/1", true},
    {"aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/",
     "aws-sdk-go/1+amazon-ssm-agent", true},
    {"aws-sdk-go-v2/1.17.0 os/linux lang/go/1.18.10 md/GOOS/linux", "aws-sdk-go-v2/1", true},
    {"APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) "
     "terraform-provider-aws/3.76.1 (+https://registry.terraform.io/x) "
     "aws-sdk-go/1.44.157 (go1.19.3; linux; amd64)",
     "aws-sdk-go/1+terraform", true},
    {"aws-sdk-java/2.18.21 Linux/5.10 OpenJDK_64-Bit_Server_VM/17", "aws-sdk-java/2", true},
    {"aws-sdk-js/3.632.0 ua/2.0 os/linux#6.1", "aws-sdk-js/3", true},
    {"aws-sdk-rust/1.3.14 os/linux lang/rust/1.81.0", "aws-sdk-rust/1", true},
    {"aws-sdk-ruby3/3.190.0 ua/2.0 api/s3#1.142.0", "aws-sdk-ruby3/3", true},
    {"aws-sdk-dotnet/2.3.55.2 .NET Runtime/4.0", "aws-sdk-dotnet/2", true},
    {"S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.848 Linux/4.9", "aws-sdk-java/1", true},
    {"[S3Console/0.4, aws-internal/3 x/1]", "aws-internal/3", true},
    {"EC2ConsoleFrontend, foo/1", "EC2ConsoleFrontend", false},
    {"Go-http-client/1.1", "Go-http-client/1", false},
    {"python-requests/2.28.1", "python-requests/2", false},
    {"Python-urllib/3.9", "Python-urllib/3", false},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "Mozilla/5", false},
    {"signin.amazonaws.com", "service", false},
    {"console.ec2.amazonaws.com", "service", false},
    {"AWS Internal", "service", false},
    {"AWS Internal/3", "service", false},
    {"[AWS Internal]", "service", false},
    {"[]", "none", false},
    {"c763d13b-d099-488a-bb3e-f57cb2fed240", "c763d13b-d099-488a-bb3e-f57cb2fed240", false},
    {"stratus-red-team_c763d13b", "stratus-red-team_c763d13b", false},
    /* Nothing. */
    {NULL, "none", false},
    {"", "none", false},
    {"   ", "none", false},
    {"(only a remark)", "none", false},
    {", ; /1 #2", "none", false},
    {"[", "[", false},
    {"]", "]", false},
    {"[[]]", "[]", false},
    /* Names are known in any case and spelled one way. */
    {"AWS-CLI/2.1", "aws-cli/2", true},
    {"BOTO3/1", "Boto3/1", true},
    {"boto/2.49.0 Python/2.7.18", "Boto/2", true},
    {"botocore/1.29", "Botocore/1", true},
    {"AWS-SDK-Go/1.2", "aws-sdk-go/1", true},
    {"AWS-Internal/3", "aws-internal/3", true},
    {"Curl/7", "Curl/7", false},
    /* The order of the six, not of the text. */
    {"aws-internal/3 Boto/2 Botocore/1 aws-cli/9", "aws-cli/9", true},
    {"Botocore/1 Boto3/4", "Boto3/4", true},
    {"Boto/2 Botocore/1", "Botocore/1", true},
    {"aws-sdk-java/1 Boto/2", "Boto/2", true},
    {"aws-sdk-java/1 aws-sdk-go/2", "aws-sdk-java/1", true},
    {"foo/1 aws-internal/3", "aws-internal/3", true},
    /* A product is a whole word outside of parentheses. */
    {"curl/7 (aws-cli/2)", "curl/7", false},
    {"curl/7 (a (b) aws-cli/2) x", "curl/7", false},
    {"curl/7 (a (b)) aws-cli/2", "aws-cli/2", true},
    {"curl/7 (never closed aws-cli/2", "curl/7", false},
    {"curl/7 ) aws-cli/2", "aws-cli/2", true},
    {"curl/7 (a)) (b) aws-cli/2)", "aws-cli/2", true},
    {"aws-cli/2(go)", "aws-cli/2", true},
    {"(x)aws-cli/2", "aws-cli/2", true},
    {"x/aws-cli/2", "x", false},
    {"xaws-cli/2", "xaws-cli/2", false},
    {"aws-clix/2", "aws-clix/2", false},
    {"aws-sdk/2", "aws-sdk/2", false},
    {"Boto31/2", "Boto31/2", false},
    {"Xoto3/2", "Xoto3/2", false},
    {"x;aws-cli/2", "aws-cli/2", true},
    {"x)aws-cli/2", "aws-cli/2", true},
    {"x(y aws-cli/2) z", "x", false},
    {"[curl/7", "[curl/7", false},
    {"curl]", "curl]", false},
    {"curl\taws-cli/2", "aws-cli/2", true},
    {"curl/7\naws-cli/2", "aws-cli/2", true},
    {"S3Console/0.4,aws-internal/3;x", "aws-internal/3", true},
    /* Versions. */
    {"curl", "curl", false},
    {"curl/", "curl", false},
    {"curl/v7", "curl", false},
    {"curl#8.1", "curl/8", false},
    {"curl/x#8", "curl", false},
    {"curl/12345678901234567890.1", "curl/12345678901234567890", false},
    {"curl/7,", "curl/7", false},
    {"curl/7;,;", "curl/7", false},
    {"curl, x", "curl", false},
    {"cu,rl/7", "cu", false},
    /* Known agents. */
    {"Terraform/1.1", "Terraform/1", false},
    {"Terraform/1.1 terraform-provider-aws/3", "Terraform/1", false},
    {"Terraform/1.1 Vault/1", "Terraform/1+vault", false},
    {"Terraform/1.1 terraform-provider-aws/3 chef Vault/1", "Terraform/1+chef", false},
    {"x Terraform/1.1 chef", "x+terraform", false},
    {"APN/1.0 HashiCorp/1.0 Terraform/1.1.2", "APN/1+terraform", false},
    {"kiam/3 aws-sdk-go/1.2 vault/1", "aws-sdk-go/1+kiam", true},
    {"CWAgent/1.247358 (go1.20) ID/1 aws-sdk-go/1.44", "aws-sdk-go/1+amazon-cloudwatch-agent",
     true},
    {"aws-sdk-go/1.44 CODEDEPLOY-agent/1", "aws-sdk-go/1+aws-codedeploy-agent", true},
    {"aws-sdk-go/1 (terraform)", "aws-sdk-go/1", true},
    {"vault", "vault", false},
    {"aws-sdk-go vault", "aws-sdk-go+vault", true},
    /* Service names end so. */
    {"x.amazonaws.com x", "x.amazonaws.com", false},
    {" [ signin.amazonaws.com\n] ", "service", false},
    {"x.amazonaws.com.cn", "service", false},
    {"x.amazonaws.com/1", "x.amazonaws.com/1", false},
    /* Bytes stay what they are. */
    {"\x1b[31m/1", "\x1b[31m/1", false},
    {"\xff\xe2\x80\xae/2", "\xff\xe2\x80\xae/2", false},
};

START_TEST(family_of_agent)
{
    struct buf b = {0};
    struct str agent = exact_of(rows[_i].agent);
    useragent_family(agent, &b);
    ck_assert_msg(str_eq(buf_view(&b), str_of(rows[_i].family)), "%.*s, not %s", (int)b.n, b.p,
                  rows[_i].family);
    buf_free(&b);
    ck_assert(useragent_is_sdk(agent) == rows[_i].sdk);
    exact_free(agent);
}
END_TEST

static const char *const agents[][2] = {
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
    {"CWAgent", "amazon-cloudwatch-agent"},
    {"datadog-agent", "datadog-agent"},
    {"ebs.csi.aws.com", "aws-ebs-csi-driver"},
    {"external-dns", "external-dns"},
    {"ExternalDNS", "external-dns"},
    {"Filebeat", "filebeat"},
    {"fluent-bit", "fluent-bit"},
    {"fluentd", "fluentd"},
    {"Grafana", "grafana"},
    {"Hadoop", "hadoop"},
    {"karpenter", "karpenter"},
    {"karpenter.sh", "karpenter"},
    {"kiam", "kiam"},
    {"kubelet", "kubelet"},
    {"Logstash", "logstash"},
    {"Metricbeat", "metricbeat"},
    {"Packer", "packer"},
    {"Prometheus", "prometheus"},
    {"pulumi", "pulumi"},
    {"puppet", "puppet"},
    {"rclone", "rclone"},
    {"s3fs", "s3fs"},
    {"Spark", "spark"},
    {"ssm-agent-worker", "amazon-ssm-agent"},
    {"Telegraf", "telegraf"},
    {"Terraform", "terraform"},
    {"terraform-provider-aws", "terraform"},
    {"Vault", "vault"},
};

START_TEST(known_agents)
{
    struct buf text = {0}, got = {0}, want = {0};
    buf_printf(&text, "aws-sdk-go/1.4 (go) x %s/2 fluentd", agents[_i][0]);
    buf_printf(&want, "aws-sdk-go/1+%s", agents[_i][1]);
    useragent_family(buf_view(&text), &got);
    ck_assert_msg(str_eq(buf_view(&got), buf_view(&want)), "%.*s", (int)got.n, got.p);
    buf_free(&text);
    buf_free(&got);
    buf_free(&want);
}
END_TEST

static struct useragents *list_of(const char *text)
{
    struct useragents *u = useragents_new();
    ck_assert_ptr_nonnull(u);
    struct buf why = {0};
    ck_assert_msg(useragents_parse(u, "list", str_of(text), &why), "%.*s", (int)why.n, why.p);
    ck_assert_uint_eq(why.n, 0);
    return u;
}

START_TEST(listed_families_are_had)
{
    struct useragents *u = list_of("\xef\xbb\xbf"
                                   "aws-cli/2\t17 calls, from 2023\r\n"
                                   "# remark\n"
                                   "\n"
                                   "  Boto3 \n"
                                   "\t only remarks\n"
                                   "aws-sdk-go+terraform\n"
                                   "aws-sdk-go/1+vault\n"
                                   "x/9\nx/0\n"
                                   "service");
    static const struct {
        const char *family;
        bool has;
    } checks[] = {
        {"aws-cli/2", true},
        {"AWS-CLI/2", true},
        {"aws-cli/1", false},
        {"aws-cli/22", false},
        {"aws-cli", false},
        {"aws-cli/2+vault", false},
        {"Boto3/1", true},
        {"boto3", true},
        {"Boto3/", true},
        {"Boto3/0", true},
        {"Boto3/90", true},
        {"Boto3/:", false},
        {"Boto3/x", false},
        {"x/0", true},
        {"x/9", true},
        {"x/1", false},
        {"Boto3/1+vault", false},
        {"Boto", false},
        {"Boto31", false},
        {"aws-sdk-go/1+terraform", true},
        {"aws-sdk-go/12+terraform", true},
        {"aws-sdk-go+terraform", true},
        {"aws-sdk-go/1+vault", true},
        {"aws-sdk-go/2+vault", false},
        {"aws-sdk-go/1", false},
        {"service", true},
        {"none", false},
        {"", false},
        {NULL, false},
        {"# remark", false},
        {"only", false},
        {"17", false},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        ck_assert_msg(useragents_has(u, str_of(checks[i].family)) == checks[i].has, "%s",
                      checks[i].family);
    useragents_free(u);
}
END_TEST

START_TEST(an_empty_list_has_nothing)
{
    struct useragents *u = useragents_new();
    ck_assert(!useragents_has(u, STR("aws-cli/2")));
    struct buf why = {0};
    ck_assert(useragents_parse(u, "list", (struct str){0}, &why));
    ck_assert(!useragents_has(u, STR("")));
    useragents_free(u);
    useragents_free(NULL);
}
END_TEST

START_TEST(lists_add_up)
{
    struct useragents *u = list_of("b/1\na/1\n");
    struct buf why = {0};
    ck_assert(useragents_parse(u, "more", STR("c/1\na/2"), &why));
    ck_assert(useragents_has(u, STR("a/1")) && useragents_has(u, STR("a/2")) &&
              useragents_has(u, STR("b/1")) && useragents_has(u, STR("c/1")));
    useragents_free(u);
}
END_TEST

static const struct {
    const char *text, *why;
} bad_lists[] = {
    {"ok\naws-cli/2.13.5\n", "x\\n.txt:2: a family has at most a major version, as in aws-cli/2"},
    {"aws-cli/\n", "x\\n.txt:1: a family has at most a major version, as in aws-cli/2"},
    {"aws-cli/2x\n", "x\\n.txt:1: a family has at most a major version, as in aws-cli/2"},
    {"#\n\naws-cli 2\n", "x\\n.txt:3: a family has no spaces; remarks stand behind a tab"},
};

START_TEST(bad_list)
{
    struct useragents *u = list_of("kept\n");
    struct buf why = {0};
    struct str text = exact_of(bad_lists[_i].text);
    ck_assert(!useragents_parse(u, "x\n.txt", text, &why));
    exact_free(text);
    buf_putc(&why, '\0');
    ck_assert_str_eq(why.p, bad_lists[_i].why);
    buf_free(&why);
    ck_assert(useragents_has(u, STR("kept")));
    ck_assert(!useragents_has(u, STR("ok")));
    useragents_free(u);
}
END_TEST

/* What --list-user-agents prints of any user agent is a list that has its family. */
START_TEST(a_printed_family_is_had_again)
{
    uint32_t state = 11;
    for (int round = 0; round < 20000; round++) {
        char in[20];
        for (size_t i = 0; i < sizeof in; i++) {
            static const char some[] =
                "aA1/#+,;.[](\\ \t\r\n\"=\x1b\xc2\x85\xe2\x80\xae\xff Vault/";
            state = state * 1664525 + 1013904223;
            in[i] = some[(state >> 16) % sizeof some];
        }
        struct buf family = {0}, list = {0}, why = {0};
        useragent_family((struct str){in, (size_t)round % sizeof in}, &family);
        text_plain(&list, buf_view(&family));
        buf_puts(&list, "\t12 calls\n");
        struct useragents *u = useragents_new();
        ck_assert_msg(useragents_parse(u, "list", buf_view(&list), &why), "%.*s%.*s", (int)list.n,
                      list.p, (int)why.n, why.p);
        ck_assert_msg(useragents_has(u, buf_view(&family)), "%.*s", (int)list.n, list.p);
        useragents_free(u);
        buf_free(&family);
        buf_free(&list);
    }
}
END_TEST

START_TEST(files_are_loaded)
{
    char path[] = "/tmp/ctlock-test-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "curl/7\n", 7), 7);
    (void)close(fd);
    struct useragents *u = useragents_new();
    struct buf why = {0};
    ck_assert(useragents_load(u, path, &why));
    ck_assert(useragents_has(u, STR("curl/7")));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!useragents_load(u, path, &why));
    ck_assert(str_ends(buf_view(&why), STR(": No such file or directory")));
    buf_clear(&why);
    ck_assert(!useragents_load(u, "/", &why));
    ck_assert(str_eq(buf_view(&why), STR("/: Is a directory")));
    buf_free(&why);
    useragents_free(u);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("useragent");
    TCase *t = tcase_create("useragent");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, family_of_agent, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(t, known_agents, 0, (int)(sizeof agents / sizeof *agents));
    tcase_add_test(t, listed_families_are_had);
    tcase_add_test(t, an_empty_list_has_nothing);
    tcase_add_test(t, lists_add_up);
    tcase_add_loop_test(t, bad_list, 0, (int)(sizeof bad_lists / sizeof *bad_lists));
    tcase_add_test(t, a_printed_family_is_had_again);
    tcase_add_test(t, files_are_loaded);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
