/*
 * A disk that, when the power goes, has forgotten what it was not told to keep. Preloaded into a process, this library
 * keeps beside the folder OSTIARY_TEST_DISK what would be on its platter, in OSTIARY_TEST_PLATTER:
 *
 *   content/INODE  a file's bytes and length as of its last fsync or fdatasync
 *   names/...      the names in each folder as of that folder's last fsync, hard links to the contents
 *
 * A disk may also write early, out of order and in part. OSTIARY_TEST_EARLY says for how many writes of a hundred it does.
 * SQLite's shared memory (-shm) is not kept: it need not survive. Writes through a memory map are not seen.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 1024
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A file of the folder, and the bytes [from, to) that were written since it was last synchronised. */
struct file { dev_t device; ino_t inode; off_t from, to; };

static struct file files[FILES];
static int file_count;
static unsigned int chance = 1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int (*next_open)(const char *, int, ...);
static ssize_t (*next_pwrite)(int, const void *, size_t, off64_t);
static const char *folder, *platter;
static int early;

__attribute__((constructor)) static void begin(void) {
  next_open = NEXT(open);
  next_pwrite = NEXT(pwrite64);
  folder = getenv("OSTIARY_TEST_DISK");
  platter = getenv("OSTIARY_TEST_PLATTER");
  early = atoi(getenv("OSTIARY_TEST_EARLY") ?: "0");
  chance = getpid();
}

static void die(const char *what) {
  perror(what);
  abort();
}

/* The path of what is open, if it lies in the folder. */
static const char *path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = folder == NULL ? -1 : readlink(link, path, PATH_MAX - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  size_t prefix = strlen(folder);
  int inside = strncmp(path, folder, prefix) == 0 && (path[prefix] == '/' || path[prefix] == 0);
  int memory = length > 4 && strcmp(path + length - 4, "-shm") == 0;
  return inside && !memory ? path : NULL;
}

static struct file *find(const struct stat *found) {
  for (int i = 0; i < file_count; i++)
    if (files[i].inode == found->st_ino && files[i].device == found->st_dev) return &files[i];
  return NULL;
}

static int open_content(const struct stat *found) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/content/%lu", platter, (unsigned long)found->st_ino);
  int fd = next_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || fchmod(fd, found->st_mode & 0777) < 0) die(path);
  return fd;
}

/* ---- what the program writes ---- */

static void note_open(int fd, int is_new, int flags) {
  char path[PATH_MAX];
  struct stat found;
  if (fd < 0 || path_of(fd, path) == NULL || fstat(fd, &found) < 0 || !S_ISREG(found.st_mode)) return;
  struct file *file = find(&found);
  if (file == NULL) {
    if (file_count == FILES) die("too many files");
    file = &files[file_count++];
    *file = (struct file){found.st_dev, found.st_ino, 0, 0};
  }
  if (is_new) {
    /* The number may have been that of a file whose removal the disk does not know yet. */
    snprintf(path, sizeof path, "%s/content/%lu", platter, (unsigned long)found.st_ino);
    unlink(path);
  }
  /* All of it: a copy within the kernel (sendfile, copy_file_range) is not seen. */
  if (is_new || (flags & O_TRUNC)) {
    file->from = 0;
    file->to = LLONG_MAX;
  }
}

static void note_write(int fd, off_t at, off_t length) {
  struct stat found;
  if (fstat(fd, &found) < 0 || !S_ISREG(found.st_mode)) return;
  struct file *file = find(&found);
  if (file == NULL || length == 0) return;
  file->from = file->from == file->to ? at : MIN(file->from, at);
  file->to = MAX(file->to, at + length);
}

/* The disk has written some of it already, though nobody has asked it to. */
static void write_early(int fd, const void *bytes, off_t at, size_t length) {
  struct stat found;
  if (rand_r(&chance) % 100 >= early || fstat(fd, &found) < 0 || !S_ISREG(found.st_mode) || !find(&found)) return;
  int content = open_content(&found);
  if (next_pwrite(content, bytes, rand_r(&chance) % (length + 1), at) < 0) die("early");
  close(content);
}

/* ---- what it asks the disk to keep ---- */

static void keep_file(int fd, struct file *file, const struct stat *found) {
  char path[64], bytes[65536];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int source = next_open(path, O_RDONLY | O_CLOEXEC);
  int content = open_content(found);
  if (source < 0) die(path);
  for (off_t at = file->from, end = MIN(file->to, found->st_size); at < end;) {
    ssize_t count = pread(source, bytes, MIN((off_t)sizeof bytes, end - at), at);
    if (count <= 0 || next_pwrite(content, bytes, count, at) != count) die("copy");
    at += count;
  }
  if (ftruncate(content, found->st_size) < 0) die("truncate");
  close(source);
  close(content);
  file->from = file->to = 0;
}

static void forget_removed(const char *real, const char *kept) {
  char path[PATH_MAX];
  DIR *entries = opendir(kept);
  if (entries == NULL) return;
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    snprintf(path, sizeof path, "%s/%s", real, entry->d_name);
    if (access(path, F_OK) == 0) continue;
    snprintf(path, sizeof path, "%s/%s", kept, entry->d_name);
    unlink(path);
  }
  closedir(entries);
}

static void keep_name(const char *real, const char *kept, const struct stat *found) {
  char content[PATH_MAX];
  struct stat known;
  if (S_ISDIR(found->st_mode)) {
    mkdir(kept, found->st_mode & 0777);
    return;
  }
  size_t length = strlen(real);
  if (!S_ISREG(found->st_mode) || (length > 4 && strcmp(real + length - 4, "-shm") == 0)) return;
  /* One that was never synchronised has a name and no content. */
  close(open_content(found));
  snprintf(content, sizeof content, "%s/content/%lu", platter, (unsigned long)found->st_ino);
  struct stat wanted;
  if (stat(content, &wanted) < 0) die(content);
  if (stat(kept, &known) == 0 && known.st_ino == wanted.st_ino) return;
  unlink(kept);
  if (link(content, kept) < 0) die(kept);
}

static void keep_names(const char *path) {
  char kept[PATH_MAX], real_entry[PATH_MAX], kept_entry[PATH_MAX];
  struct stat found;
  snprintf(kept, sizeof kept, "%s/names%s", platter, path + strlen(folder));
  if (access(kept, F_OK) < 0) return; /* A folder whose own name is not kept. */
  forget_removed(path, kept);
  DIR *entries = opendir(path);
  if (entries == NULL) die(path);
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(real_entry, sizeof real_entry, "%s/%s", path, entry->d_name);
    snprintf(kept_entry, sizeof kept_entry, "%s/%s", kept, entry->d_name);
    if (lstat(real_entry, &found) == 0) keep_name(real_entry, kept_entry, &found);
  }
  closedir(entries);
}

/* The true fsync is left out: only the process is killed, not the machine. */
static int keep(int fd) {
  char path[PATH_MAX];
  struct stat found;
  pthread_mutex_lock(&mutex);
  int result = fstat(fd, &found);
  struct file *file = result == 0 && S_ISREG(found.st_mode) ? find(&found) : NULL;
  if (file != NULL) keep_file(fd, file, &found);
  if (result == 0 && S_ISDIR(found.st_mode) && path_of(fd, path) != NULL) keep_names(path);
  pthread_mutex_unlock(&mutex);
  return result;
}

/* ---- in place of the C library's ---- */

static int open_and_note(int at, const char *path, int flags, mode_t mode) {
  static int (*next)(int, const char *, int, ...);
  if (next == NULL) next = NEXT(openat);
  if (folder == NULL) return next(at, path, flags, mode);
  pthread_mutex_lock(&mutex);
  int is_new = (flags & O_CREAT) && faccessat(at, path, F_OK, 0) < 0;
  int fd = next(at, path, flags, mode);
  note_open(fd, is_new, flags);
  pthread_mutex_unlock(&mutex);
  return fd;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_and_note(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_and_note(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_and_note(at, path, flags, mode);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  pthread_mutex_lock(&mutex);
  ssize_t written = next_pwrite(fd, bytes, length, at);
  if (written > 0) {
    note_write(fd, at, written);
    write_early(fd, bytes, at, written);
  }
  pthread_mutex_unlock(&mutex);
  return written;
}

static ssize_t note_appended(int fd, ssize_t written) {
  int error = errno;
  pthread_mutex_lock(&mutex);
  if (written > 0) note_write(fd, lseek(fd, 0, SEEK_CUR) - written, written);
  pthread_mutex_unlock(&mutex);
  errno = error;
  return written;
}

/* Not under the lock: a pipe may make these wait. */
ssize_t write(int fd, const void *bytes, size_t length) {
  static ssize_t (*next)(int, const void *, size_t);
  if (next == NULL) next = NEXT(write);
  ssize_t written = next(fd, bytes, length);
  return note_appended(fd, written);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  static ssize_t (*next)(int, const struct iovec *, int);
  if (next == NULL) next = NEXT(writev);
  ssize_t written = next(fd, parts, count);
  return note_appended(fd, written);
}

int ftruncate64(int fd, off64_t length) {
  static int (*next)(int, off64_t);
  struct stat before;
  if (next == NULL) next = NEXT(ftruncate64);
  pthread_mutex_lock(&mutex);
  int known = fstat(fd, &before);
  int result = next(fd, length);
  if (known == 0 && result == 0) note_write(fd, MIN(before.st_size, length), llabs(before.st_size - length));
  pthread_mutex_unlock(&mutex);
  return result;
}

int fsync(int fd) { return keep(fd); }

int fdatasync(int fd) { return keep(fd); }
