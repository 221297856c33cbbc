# Python's module rbd as far as our program uses it, for the cluster in rados.py: the image 1 in rbd/ns, with the snapshots 3 and 4, and the map of 4 is not valid.
# It has objects of 4 KiB, 2,560 of them and a half; between the snapshots 1,500 neighbours changed, each in part, and the last one, which the map tells beyond the end, and which was discarded.
import sys

OBJECT, SIZE = 4096, 10 << 20 | 2048
CHANGED = list(range(700, 2200)) + [SIZE // OBJECT]


class Error(Exception):
    def __init__(self, words, errno):
        super().__init__(words)
        self.errno = errno


class ImageNotFound(Error):
    def __init__(self, words):
        super().__init__(words, 2)


class RBD:
    def namespace_list(self, io):
        if io.pool == 'closed':
            raise Error('no', 1)
        return ['ns', 'closed', 'empty'] if io.pool == 'rbd' else []


class Image:
    def __init__(self, io, image_id, read_only):
        if (io.pool, io.space, image_id) != ('rbd', 'ns', '1'):
            raise ImageNotFound(image_id)
        self.read_only, self.snapshot = read_only, 0

    def __enter__(self):
        return self

    def __exit__(self, *what):
        print('closed')

    def set_snap_by_id(self, number):
        if number not in (3, 4):
            raise ImageNotFound('no snapshot')
        self.snapshot = number

    def snap_get_name(self, number):
        if number not in (3, 4):
            raise ImageNotFound('no snapshot')
        return 's%d' % number

    def size(self):
        return SIZE

    def diff_iterate(self, offset, length, from_snapshot, iterate_cb, include_parent=True, whole_object=False):
        assert include_parent and from_snapshot in (None, 's3'), from_snapshot
        assert 0 <= offset < offset + length <= SIZE and (not whole_object or (offset, length) == (0, SIZE)), (offset, length)
        print('walk %d+%d' % (offset, length), file=sys.stderr)
        for each in CHANGED if self.snapshot == 4 else []:
            at = each * OBJECT
            if offset <= at < offset + length:
                iterate_cb(*(at, OBJECT, True) if whole_object else (at + 512, 1000, at + OBJECT < SIZE))

    def flags(self):
        return self.snapshot == 4

    def read(self, offset, length):
        if offset >= 10 << 20:
            return b''
        return bytes([self.snapshot]) * min(length, (10 << 20) - offset)

    def metadata_set(self, key, value):
        if self.read_only:
            raise Error('read only', 30)
        if key.startswith('conf_'):
            raise Error('invalid', 22)
        print('set %s=%s' % (key, value))

    def metadata_remove(self, key):
        if key == 'none':
            raise KeyError(key)
        print('remove %s' % key)
