/* text: makes text from records, file names and other strangers safe to print. */
#ifndef CTLOCK_TEXT_H
#define CTLOCK_TEXT_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

/* What must never reach a terminal or a log as it is: C0, DEL, C1, bidirectional controls (U+061C,
 * U+200E/F, U+202A-E, U+2066-9), U+2028/9, U+FEFF, and bytes that are not UTF-8 (overlong forms,
 * surrogates and values above U+10FFFF included). These functions are the only way for such text
 * into an alert or a message. What they append is valid UTF-8 without any of those, whatever s
 * holds; an absent s is an empty one. Running out of memory sets out->failed. */

/* Append s between double quotes as a JSON string (RFC 8259). Unsafe characters become \uXXXX (a
 * byte that is not UTF-8 becomes \ufffd, for JSON cannot name it), `"` and `\` get a `\` before
 * them; everything else stays. */
void text_json(struct buf *out, struct str s);

/* The same, but a byte that is not UTF-8 becomes \udc80 to \udcff, so that every text can be read
 * back as it was (PEP 383). Of escapes there are only \uXXXX, \" and \\. */
void text_exact(struct buf *out, struct str s);

/* Append s as a logfmt value: bare if it is not empty and made only of printable ASCII other than
 * space, `"`, `=` and `\`; else in double quotes with \" \\ \n \r \t, \u{XXXX} for other
 * unsafe characters and \xXX for a byte that is not UTF-8. */
void text_logfmt(struct buf *out, struct str s);

/* Append s for a message on stderr: as text_logfmt's inside, without quotes added, spaces, `"` and
 * `=` left as they are. */
void text_plain(struct buf *out, struct str s);

#endif
