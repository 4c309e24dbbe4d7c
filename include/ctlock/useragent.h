/* useragent: the family of a userAgent; DETECTION section 5. */
#ifndef CTLOCK_USERAGENT_H
#define CTLOCK_USERAGENT_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* Products are what stands between white space, `,` and `;` outside of (nested) parentheses; one
 * that is never closed reaches to the end. A product's name ends before its first `/` or `#`; what
 * has no name is none. Its major version is the digits right behind that. White space and one pair
 * of brackets around the whole do not count. All below takes any bytes and keeps nothing. */

/* Append the family, such as `aws-cli/2` or `aws-sdk-go/1+terraform`, of a userAgent (p NULL where
 * absent). A service's name gives `service`; an absent or empty one, `[]` included, and one without
 * any product give `none`. Bytes that are unsafe to print stay as they are; a family never holds
 * white space, `,`, `;`, `#`, `(` or `)`. */
void useragent_family(struct str user_agent, struct buf *out);

/* True when one of aws-cli, Boto3, Botocore, Boto, aws-sdk-*, aws-internal is among the products:
 * "sent by an SDK". */
bool useragent_is_sdk(struct str user_agent);

#endif
