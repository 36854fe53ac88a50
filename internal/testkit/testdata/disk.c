// Stands between a program and the C library, to be preloaded (LD_PRELOAD): it
// writes down what is done to the files of a directory, or lets it fail once.
//
//   DISK_FILES   the directory; other files are left alone, and those ending in -shm
//   DISK_RECORD  the record, to which each operation is appended when it is done
//   DISK_FAIL    while a file of this name exists: "fsync" or "write" in it fails
//                with EIO, once
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { OP_WRITE = 1, OP_TRUNCATE = 2, OP_SYNC = 3, OP_CREATE = 4, OP_UNLINK = 5 };

struct head {
	uint32_t op, path_length;
	uint64_t offset, length;
};

static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, ...);

static const char *files, *fail;
static int record = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void) {
	real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
	real_write = dlsym(RTLD_NEXT, "write");
	real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
	real_fsync = dlsym(RTLD_NEXT, "fsync");
	real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	real_unlink = dlsym(RTLD_NEXT, "unlink");
	real_open = dlsym(RTLD_NEXT, "open64");
	files = getenv("DISK_FILES");
	fail = getenv("DISK_FAIL");
	const char *name = getenv("DISK_RECORD");
	if (name)
		record = real_open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int watched(const char *path) {
	size_t n = strlen(path);
	if (!files || strncmp(path, files, strlen(files)) != 0)
		return 0;
	return n < 4 || strcmp(path + n - 4, "-shm") != 0;
}

// path_of gives the path of an open file, or 0 for one that is left alone.
static const char *path_of(int fd, char *path) {
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return 0;
	path[n] = 0;
	return watched(path) ? path : 0;
}

static void note(uint32_t op, const char *path, uint64_t offset, uint64_t length, const void *content) {
	if (record < 0)
		return;
	struct head head = {op, strlen(path), offset, length};
	size_t body = content ? length : 0, size = sizeof head + head.path_length + body;
	char *all = malloc(size);
	if (!all)
		abort();
	memcpy(all, &head, sizeof head);
	memcpy(all + sizeof head, path, head.path_length);
	if (body)
		memcpy(all + sizeof head + head.path_length, content, body);
	pthread_mutex_lock(&lock);
	if (real_write(record, all, size) != (ssize_t)size)
		abort();
	pthread_mutex_unlock(&lock);
	free(all);
}

// fails reports whether the operation on the path is to fail now.
static int fails(const char *operation, const char *path) {
	char wanted[16] = {0};
	if (!fail || !path)
		return 0;
	int fd = real_open(fail, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, wanted, sizeof wanted - 1);
	close(fd);
	if (n <= 0 || strcmp(wanted, operation) != 0)
		return 0;
	real_unlink(fail);
	errno = EIO;
	return 1;
}

ssize_t pwrite64(int fd, const void *content, size_t n, off64_t offset) {
	char buffer[PATH_MAX];
	const char *path = path_of(fd, buffer);
	if (fails("write", path))
		return -1;
	ssize_t done = real_pwrite(fd, content, n, offset);
	if (done > 0 && path)
		note(OP_WRITE, path, offset, done, content);
	return done;
}

ssize_t pwrite(int fd, const void *content, size_t n, off_t offset) { return pwrite64(fd, content, n, offset); }

ssize_t write(int fd, const void *content, size_t n) {
	char buffer[PATH_MAX];
	const char *path = path_of(fd, buffer);
	if (!path)
		return real_write(fd, content, n);
	return pwrite64(fd, content, n, lseek64(fd, 0, SEEK_CUR)); // SQLite has sought before, and seeks again
}

int ftruncate64(int fd, off64_t size) {
	char buffer[PATH_MAX];
	const char *path = path_of(fd, buffer);
	int result = real_ftruncate(fd, size);
	if (result == 0 && path)
		note(OP_TRUNCATE, path, size, 0, 0);
	return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_with(int (*real)(int), int fd) {
	char buffer[PATH_MAX];
	const char *path = path_of(fd, buffer);
	if (fails("fsync", path))
		return -1;
	int result = real(fd);
	if (result == 0 && path)
		note(OP_SYNC, path, 0, 0, 0);
	return result;
}

int fsync(int fd) { return sync_with(real_fsync, fd); }

int fdatasync(int fd) { return sync_with(real_fdatasync, fd); }

int unlink(const char *path) {
	int result = real_unlink(path);
	if (result == 0 && watched(path))
		note(OP_UNLINK, path, 0, 0, 0);
	return result;
}

int open64(const char *path, int flags, ...) {
	mode_t mode = 0;
	if (flags & O_CREAT) {
		va_list more;
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		va_end(more);
	}
	int fresh = (flags & O_CREAT) && access(path, F_OK) != 0;
	int fd = real_open(path, flags, mode);
	if (fd >= 0 && fresh && watched(path))
		note(OP_CREATE, path, 0, 0, 0);
	return fd;
}

int open(const char *path, int flags, ...) {
	mode_t mode = 0;
	if (flags & O_CREAT) {
		va_list more;
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		va_end(more);
	}
	return open64(path, flags, mode);
}
