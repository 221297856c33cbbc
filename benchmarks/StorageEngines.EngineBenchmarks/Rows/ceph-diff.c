/* The limit of what a program can do with librbd: a connection that is kept, and for each line on standard input the
   image opened at the newer snapshot, rbd_diff_iterate2 from the older one, and the image closed. Prototypes are from
   rbd/librbd.h and rados/librados.h, so that no development package is needed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int rados_create2(void **cluster, const char *name, const char *user, uint64_t flags);
int rados_conf_read_file(void *cluster, const char *path);
int rados_conf_set(void *cluster, const char *option, const char *value);
int rados_connect(void *cluster);
int rados_ioctx_create(void *cluster, const char *pool, void **io);
int rbd_open_read_only(void *io, const char *name, void **image, const char *snapshot);
int rbd_close(void *image);
int rbd_get_size(void *image, uint64_t *size);
int rbd_diff_iterate2(void *image, const char *from, uint64_t offset, uint64_t length, uint8_t parent, uint8_t whole,
                      int (*callback)(uint64_t, size_t, int, void *), void *argument);

static int count(uint64_t offset, size_t length, int exists, void *argument) {
  (void)offset; (void)length; (void)exists;
  ++*(uint64_t *)argument;
  return 0;
}

static void check(int result, const char *what) {
  if (result < 0) { fprintf(stderr, "%s: %d\n", what, result); exit(1); }
}

int main(int argc, char **argv) {
  void *cluster, *io, *image;
  if (argc != 6) return 2; /* CONF IMAGE FROM TO PARALLEL */
  check(rados_create2(&cluster, "ceph", "client.admin", 0), "create");
  check(rados_conf_read_file(cluster, argv[1]), "conf");
  check(rados_conf_set(cluster, "rbd_concurrent_management_ops", argv[5]), "parallel");
  check(rados_connect(cluster), "connect");
  check(rados_ioctx_create(cluster, "rbd", &io), "pool");
  for (char line[16]; fgets(line, sizeof line, stdin);) {
    uint64_t size, extents = 0;
    check(rbd_open_read_only(io, argv[2], &image, argv[4]), "open");
    check(rbd_get_size(image, &size), "size");
    check(rbd_diff_iterate2(image, argv[3], 0, size, 1, 0, count, &extents), "diff");
    check(rbd_close(image), "close");
    printf("%llu\n", (unsigned long long)extents);
    fflush(stdout);
  }
  return 0;
}
