# Python's module rbd as far as our program uses it, for the cluster in rados.py: the image 1 in rbd/ns, with the snapshots 3 and 4, and the map of 4 is not valid.
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

    def set_snap_by_id(self, number):
        if number not in (3, 4):
            raise ImageNotFound('no snapshot')
        self.snapshot = number

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
