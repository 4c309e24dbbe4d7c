/* checksum: tells damaged bytes. */
#ifndef CTLOCK_CHECKSUM_H
#define CTLOCK_CHECKSUM_H

#include "ctlock/str.h"

#include <stdint.h>

/* CRC-64 of ECMA-182, reflected, as xz has it: of the bytes that sum, at first 0, is of, and of
 * these behind them. Any thread. */
uint64_t checksum_crc64(uint64_t sum, struct str bytes);

#endif
