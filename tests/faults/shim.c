/* A disk that notes what is done to it, and fails when it is told to: put in front of a process by
 * LD_PRELOAD. Concerned are files below FAULT_ROOT. What is renamed there has a line in FAULT_NOTES:
 * all that is whole came into its place so, and stands there twice if it was made twice.
 *
 * Counts writes, renames, links and syncs over all processes that share FAULT_COUNTER (a file of 8
 * bytes), and at number FAULT_AT does what FAULT_KIND says:
 *
 *   kill   ends the process by SIGKILL; a write has written half of its bytes by then
 *   fail   returns an error of the disk, once
 *   full   returns that the disk is full, from then on
 *
 * Whatever language a library is written in, it comes by here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static long *counter;
static long at;
static char kind;
static const char *root, *notes;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAULT_COUNTER"), *number = getenv("FAULT_AT"), *what = getenv("FAULT_KIND");
    root = getenv("FAULT_ROOT");
    notes = getenv("FAULT_NOTES");
    if (!file || !root) return;
    int fd = open(file, O_RDWR);
    if (fd < 0) return;
    counter = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (counter == MAP_FAILED) counter = NULL;
    close(fd);
    at = number ? atol(number) : 0;
    kind = what ? what[0] == 'k' ? 'k' : what[1] == 'a' ? 'e' : 'f' : 0;
}

static int below(const char *path) {
    char whole[PATH_MAX];
    if (!root || !path) return 0;
    if (path[0] != '/') {
        if (!getcwd(whole, sizeof whole) || strlen(whole) + strlen(path) + 2 > sizeof whole) return 0;
        strcat(strcat(whole, "/"), path);
        path = whole;
    }
    size_t n = strlen(root);
    return !strncmp(path, root, n) && path[n] == '/';
}

static int open_below(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return below(path);
}

static int noted(int status, const char *to) {
    if (status || !notes || !below(to)) return status;
    int fd = open(notes, O_WRONLY | O_APPEND | O_CREAT, 0666);
    if (fd >= 0) {
        dprintf(fd, "%s\n", to);
        close(fd);
    }
    return status;
}

/* Returns the error to report, 0 for none, -1 for the end of this process. */
static int fault(int writes) {
    long now = __sync_add_and_fetch(counter, 1);
    if (!at || now < at) return 0;
    if (kind == 'f') return writes || now == at ? ENOSPC : 0;
    if (now > at) return 0;
    return kind == 'k' ? -1 : EIO;
}

static void end(void) { kill(getpid(), SIGKILL); pause(); }

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, name)
#define TRY(is_below, writes, half) \
    if (counter && is_below) { \
        int found = fault(writes); \
        if (found < 0) { half; end(); } \
        if (found > 0) { errno = found; return -1; } \
    }

ssize_t write(int fd, const void *bytes, size_t n) {
    REAL(ssize_t, "write", int, const void *, size_t);
    TRY(open_below(fd), 1, if (n > 1) real(fd, bytes, n / 2))
    return real(fd, bytes, n);
}
ssize_t writev(int fd, const struct iovec *parts, int n) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    TRY(open_below(fd), 1, if (n > 1) real(fd, parts, n / 2))
    return real(fd, parts, n);
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    TRY(open_below(fd), 1, if (n > 1) real(fd, bytes, n / 2, offset))
    return real(fd, bytes, n, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    TRY(open_below(fd), 1, if (n > 1) real(fd, bytes, n / 2, offset))
    return real(fd, bytes, n, offset);
}
int fsync(int fd) {
    REAL(int, "fsync", int);
    TRY(open_below(fd), 0, )
    return real(fd);
}
int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    TRY(open_below(fd), 0, )
    return real(fd);
}
int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    TRY(below(to), 0, )
    return noted(real(from, to), to);
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    TRY(below(to), 0, )
    return noted(real(a, from, b, to), to);
}
int link(const char *from, const char *to) {
    REAL(int, "link", const char *, const char *);
    TRY(below(to), 0, )
    return real(from, to);
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(int, "linkat", int, const char *, int, const char *, int);
    TRY(below(to), 0, )
    return real(a, from, b, to, flags);
}
int symlink(const char *from, const char *to) {
    REAL(int, "symlink", const char *, const char *);
    TRY(below(to), 0, )
    return real(from, to);
}
