#include "ctlock/lock.h"

#include "ctlock/byte.h"
#include "ctlock/strset.h"

#include <stdlib.h>

struct lock_more {
    struct strset endpoints;
    struct buf text;
    struct buf event_id;
};

static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static bool uuid_pack(struct str s, uint8_t out[16])
{
    if (s.n != 36)
        return false;
    size_t digits = 0;
    for (size_t i = 0; i < 36; i++) {
        if (is_dash(i)) {
            if (s.p[i] != '-')
                return false;
            continue;
        }
        int v = byte_lower_hex(s.p[i]);
        if (v < 0)
            return false;
        uint8_t *b = &out[digits / 2];
        *b = (uint8_t)(digits % 2 ? *b | v : v << 4);
        digits++;
    }
    return true;
}

static struct lock_more *more_of(struct lock *l)
{
    if (!l->more)
        l->more = calloc(1, sizeof *l->more);
    return l->more;
}

static bool keep(struct lock *l, struct str text, struct str event_id)
{
    if (text.n + event_id.n == 0)
        return true;
    struct lock_more *m = more_of(l);
    if (!m)
        return false;
    buf_str(&m->text, text);
    buf_str(&m->event_id, event_id);
    return !m->text.failed && !m->event_id.failed;
}

bool lock_init(struct lock *l, const struct lock_source *s, int64_t time_s, struct str event_id,
               bool provisional)
{
    *l = (struct lock){
        .ip = s->ip, .slot = (uint8_t)s->slot, .provisional = provisional, .since_s = time_s};
    l->has_uuid = uuid_pack(event_id, l->uuid);
    bool is_kept = !l->has_uuid && event_id.n > 0 && event_id.n <= LOCK_MAX_EVENT_ID_NBYTES;
    struct str none = {0};
    if (keep(l, s->ip.family == 0 ? s->text : none, is_kept ? event_id : none))
        return true;
    lock_release(l);
    return false;
}

bool lock_copy(struct lock *to, const struct lock *from)
{
    *to = *from;
    to->more = NULL;
    if (!from->more)
        return true;
    struct lock_more *m = more_of(to);
    if (!m)
        return false;
    buf_str(&m->endpoints.text, buf_view(&from->more->endpoints.text));
    buf_str(&m->text, buf_view(&from->more->text));
    buf_str(&m->event_id, buf_view(&from->more->event_id));
    if (!m->endpoints.text.failed && !m->text.failed && !m->event_id.failed)
        return true;
    lock_release(to);
    return false;
}

void lock_release(struct lock *l)
{
    if (!l->more)
        return;
    strset_free(&l->more->endpoints);
    buf_free(&l->more->text);
    buf_free(&l->more->event_id);
    free(l->more);
    l->more = NULL;
}

struct lock_source lock_source_of(const struct lock *l)
{
    struct lock_source s = {.ip = l->ip, .slot = (enum slot)l->slot};
    if (l->ip.family == 0 && l->more)
        s.text = buf_view(&l->more->text);
    return s;
}

bool lock_is_on(const struct lock *l, const struct lock_source *s)
{
    if (l->slot != (uint8_t)s->slot || !ip_eq(l->ip, s->ip))
        return false;
    return s->ip.family != 0 || str_eq(lock_source_of(l).text, s->text);
}

struct ip lock_source_ip(const struct lock_source *s)
{
    if (s->ip.family != 0)
        return s->ip;
    struct ip ip = {.family = LOCK_TEXT_FAMILY};
    uint64_t half[2] = {siphash24((struct hash_key){0, 1}, s->text.p, s->text.n),
                        siphash24((struct hash_key){1, 0}, s->text.p, s->text.n)};
    memcpy(ip.b, half, sizeof ip.b);
    return ip;
}

uint64_t lock_source_hash(struct hash_key key, const struct lock_source *s)
{
    struct hash_key slot_key = {key.k0 ^ (uint64_t)s->slot << 8 ^ s->ip.family, key.k1};
    if (s->ip.family == 0)
        return siphash13(slot_key, s->text.p, s->text.n);
    return siphash13(slot_key, s->ip.b, sizeof s->ip.b);
}

void lock_format_source(const struct lock_source *s, struct buf *out)
{
    if (s->ip.family == 0)
        buf_str(out, s->text);
    else
        ip_format(s->ip, out);
}

void lock_format_event_id(const struct lock *l, struct buf *out)
{
    if (!l->has_uuid) {
        if (l->more)
            buf_str(out, buf_view(&l->more->event_id));
        return;
    }
    char text[36];
    size_t n = 0;
    for (size_t i = 0; i < sizeof l->uuid; i++) {
        if (is_dash(n))
            text[n++] = '-';
        text[n++] = "0123456789abcdef"[l->uuid[i] >> 4];
        text[n++] = "0123456789abcdef"[l->uuid[i] & 15];
    }
    buf_add(out, text, n);
}

bool lock_has_endpoint(const struct lock *l, struct str endpoint)
{
    return l->more && strset_has(&l->more->endpoints, endpoint);
}

bool lock_add_endpoint(struct lock *l, struct str endpoint)
{
    struct lock_more *m = more_of(l);
    return m && strset_add(&m->endpoints, endpoint);
}

bool lock_next_endpoint(const struct lock *l, size_t *at, struct str *out)
{
    return l->more && strset_next(&l->more->endpoints, at, out);
}
