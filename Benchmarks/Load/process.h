#pragma once

// What a process took, and what the machine was kept from.

#include <stdint.h>

// Nanoseconds on the clock that only goes forward.
uint64_t now_nanoseconds(void);

// Nanoseconds of processor time of all threads, those that have ended too: utime + stime of /proc/PID/stat, but not in
// ticks of 10 ms.
uint64_t process_cpu(int process);

// Nanoseconds of it that the kernel took, in ticks of 10 ms.
uint64_t process_system_cpu(int process);

// Bytes of resident memory.
uint64_t process_resident(int process);

// Nanoseconds for which a hypervisor let the machine wait.
uint64_t machine_steal(void);
