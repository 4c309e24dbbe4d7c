/* baseline_cjson: what a straightforward program costs: a cJSON tree of each line, the fields that
 * a detector needs looked up in it. Reads NDJSON from a file or standard input, prints how many
 * lines were calls of instance sessions. The floor that `make bench` measures ctlock against. */
#include <cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static const char *text(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static int is_instance_call(const cJSON *record)
{
    static const char *const needed[] = {"eventTime", "eventSource",     "eventName", "eventID",
                                         "awsRegion", "sourceIPAddress", "userAgent", "errorCode"};
    const cJSON *identity = cJSON_GetObjectItemCaseSensitive(record, "userIdentity");
    size_t used = 0;
    if (strcmp(text(identity, "type"), "AssumedRole") != 0)
        return 0;
    const char *slash = strrchr(text(identity, "arn"), '/');
    if (!slash || strncmp(slash + 1, "i-", 2) != 0)
        return 0;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        used += strlen(text(record, needed[i]));
    return used > 0;
}

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "r") : stdin;
    char *line = NULL;
    size_t cap = 0;
    unsigned long calls = 0;
    if (!f) {
        perror(argv[1]);
        return 1;
    }
    for (ssize_t n; (n = getline(&line, &cap, f)) > 0;) {
        cJSON *record = cJSON_ParseWithLength(line, (size_t)n);
        calls += (unsigned long)is_instance_call(record);
        cJSON_Delete(record);
    }
    free(line);
    printf("%lu\n", calls);
    return fclose(f) == 0 ? 0 : 1;
}
