/* useragent: the family of a userAgent, and the list of families that are expected; DETECTION
 * section 5. */
#ifndef CTLOCK_USERAGENT_H
#define CTLOCK_USERAGENT_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* Append the family, such as `aws-cli/2` or `aws-sdk-go/1+terraform`, of a userAgent (p NULL where
 * absent). A service's name gives `service`; an absent or empty one, `[]` included, gives `none`. */
void useragent_family(struct str user_agent, struct buf *out);

/* True when one of aws-cli, Boto3, Botocore, Boto, aws-sdk-*, aws-internal is among the products:
 * "sent by an SDK". */
bool useragent_is_sdk(struct str user_agent);

struct useragents;

/* An empty list; NULL when memory ran out. */
struct useragents *useragents_new(void);
void useragents_free(struct useragents *u);

/* Add the families of a file: one a line, text after a tab ignored, blank lines and lines that begin
 * with `#` too. False with `FILE:LINE: why` appended (safe to print). */
bool useragents_load(struct useragents *u, const char *path, struct buf *why);
bool useragents_parse(struct useragents *u, const char *name, struct str text, struct buf *why);

/* True when the family is listed, or is listed without its major version (`aws-cli` covers
 * `aws-cli/2`; `aws-sdk-go+terraform` covers `aws-sdk-go/1+terraform`). Case of ASCII letters is
 * ignored. */
bool useragents_has(const struct useragents *u, struct str family);

#endif
