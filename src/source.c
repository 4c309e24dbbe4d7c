#include "ctlock/source.h"

const char *slot_name(enum slot slot)
{
    switch (slot) {
    case SLOT_PRIVATE:
        return "private";
    case SLOT_IPV6:
        return "ipv6";
    case SLOT_PUBLIC:
        break;
    }
    return "public";
}

bool source_is_service(struct str text)
{
    return text.n == 0 || str_ends(text, STR(".amazonaws.com")) ||
           str_ends(text, STR(".amazonaws.com.cn")) || str_eq(text, STR("AWS Internal")) ||
           str_starts(text, STR("AWS Internal/"));
}

struct source source_classify(struct str text, struct str vpc_endpoint_id)
{
    struct source source = {.class = SOURCE_SERVICE, .slot = SLOT_PUBLIC};
    /* Most sources are addresses, and no address reads as a service. */
    if (ip_parse(text, &source.ip))
        source.class = SOURCE_ADDRESS;
    else if (source_is_service(text))
        return source;
    else
        source.class = SOURCE_TEXT;

    if (str_starts(vpc_endpoint_id, STR("vpce-")) || ip_is_private(source.ip))
        source.slot = SLOT_PRIVATE;
    else if (source.ip.family == 6)
        source.slot = SLOT_IPV6;
    return source;
}
