/* statebook: what its two files share. */
#ifndef CTLOCK_STATEBOOK_INSIDE_H
#define CTLOCK_STATEBOOK_INSIDE_H

#include "ctlock/registers.h"
#include "ctlock/statebook.h"

/* Append an address, or the digest that stands for a source that is none; and when ageing will look
 * at the entry, and in which turn. */
void statebook_put_ip(struct buf *out, struct ip ip);
void statebook_put_watch(struct buf *out, const struct addressbook *b, const struct entry *e);

/* Append what the entry of a table says. */
void statebook_put_instance(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_interface(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_attachment(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_allocation(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_association(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_place(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_nat(struct buf *out, const struct addressbook *b, const void *entry);
void statebook_put_nothing(struct buf *out, const struct addressbook *b, const void *entry);

#endif
