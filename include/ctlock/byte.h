/* byte: what a byte of text stands for. */
#ifndef CTLOCK_BYTE_H
#define CTLOCK_BYTE_H

#include <stdbool.h>

/* JSON's white space (RFC 8259 section 2). Any thread, as the others. */
static inline bool byte_is_json_space(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

static inline bool byte_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* An ASCII letter in lower case, any other byte as it is. */
static inline char byte_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hexadecimal digit, 0 to 15, its letters in lower case alone; else -1. */
static inline int byte_lower_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The same, its letters in either case. */
static inline int byte_hex(char c)
{
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : byte_lower_hex(c);
}

#endif
