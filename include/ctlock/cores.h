/* cores: how many processors this process may keep busy. */
#ifndef CTLOCK_CORES_H
#define CTLOCK_CORES_H

/* At least 1: the processors of its affinity mask, less if a cgroup's quota (v2 cpu.max, v1
 * cpu.cfs_quota_us) grants less. */
unsigned cores_available(void);

#endif
