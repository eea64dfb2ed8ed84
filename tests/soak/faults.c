/* Makes the calls of a process fail that disks and clocks answer: loaded with LD_PRELOAD, told what by a file.
 *
 * CHAOS_FAULTS names a file of three 32-bit numbers: whether fsync fails, whether the disk is full, and by how many
 * seconds the clock is wrong. Calls go to the kernel directly, so that nothing of the C library is stood in for twice.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const volatile int32_t *faults;

__attribute__((constructor)) static void open_faults(void) {
    const char *path = getenv("CHAOS_FAULTS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *found = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (found != MAP_FAILED) faults = found;
}

static int is_full(int file) {
    struct stat about;
    return faults && faults[1] && fstat(file, &about) == 0 && S_ISREG(about.st_mode);
}

static long failed(int error) {
    errno = error;
    return -1;
}

int fsync(int file) { return faults && faults[0] ? failed(EIO) : syscall(SYS_fsync, file); }
int fdatasync(int file) { return faults && faults[0] ? failed(EIO) : syscall(SYS_fdatasync, file); }

ssize_t write(int file, const void *data, size_t size) {
    return is_full(file) ? failed(ENOSPC) : syscall(SYS_write, file, data, size);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    return is_full(file) ? failed(ENOSPC) : syscall(SYS_pwrite64, file, data, size, at);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) { return pwrite64(file, data, size, at); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int answer = (int)syscall(SYS_clock_gettime, clock, now);
    if (answer == 0 && faults && clock == CLOCK_REALTIME) now->tv_sec += faults[2];
    return answer;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int answer = (int)syscall(SYS_gettimeofday, now, zone);
    if (answer == 0 && faults) now->tv_sec += faults[2];
    return answer;
}
