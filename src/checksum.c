#include "ctlock/checksum.h"

#include <isa-l/crc64.h>

uint64_t checksum_crc64(uint64_t sum, struct str bytes)
{
    return crc64_ecma_refl(sum, (const unsigned char *)bytes.p, bytes.n);
}
