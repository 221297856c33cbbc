# Python's module rados as far as our program uses it, for a cluster that exists only here: rbd with the namespaces ns (600 images, one with a name that is not UTF-8) and closed (not for this user), and closed too.
import json
import struct


class Error(Exception):
    def __init__(self, words, errno=None):
        super().__init__(words)
        self.errno = errno


class ObjectNotFound(Error):
    def __init__(self, words):
        super().__init__(words, 2)


LISTS = {
    ('rbd', 'ns', 'rbd_directory'): {b'image%04d' % i if i else b'a\xff': b'%x' % i for i in range(600)},
    ('rbd', 'ns', 'rbd_header.1'): {b'k%04d' % i: b'' if i % 3 == 0 else b'v%d' % i for i in range(300)},
    ('rbd', 'ns', 'rbd_header.2'): {b'k%04d' % i: b'x' * 60000 for i in range(40)},
}


class Ioctx:
    def __init__(self, pool, keyring=None):
        self.pool, self.space, self.keyring = pool, '', keyring

    def set_namespace(self, space):
        self.space = space

    def stat(self, name):
        assert name == 'rbd_directory'
        if self.pool == 'p\u00e9':
            raise Error('timed out', 110) if self.keyring == '/mute' else ObjectNotFound(name)
        if self.pool == 'closed':
            raise Error('no', 1)
        return 0, None

    def execute(self, name, cls, method, data, room):
        if 'closed' in (self.pool, self.space):
            raise Error('no', 1)
        if (self.pool, self.space, name) not in LISTS:
            raise ObjectNotFound(name)
        size, = struct.unpack_from('<I', data)
        last, (most,) = data[4:4 + size], struct.unpack_from('<Q', data, 4 + size)
        found = sorted((k, v) for k, v in LISTS[self.pool, self.space, name].items() if not last or k > last)[:most]
        text = struct.pack('<I', len(found)) + b''.join(struct.pack('<I', len(each)) + each for pair in found for each in pair)
        if len(text) > room:
            raise Error('too long', 34)
        return len(text), text


class Rados:
    def __init__(self, name, conffile):
        if conffile == '/missing':
            raise ObjectNotFound('no configuration')
        self.name, self.values = name, {}

    def conf_parse_env(self):
        self.values['client_mount_timeout'] = '1'

    def conf_set(self, key, value):
        self.values[key] = value

    def connect(self):
        if self.values.get('keyring') == '/slow':
            raise Error('timed out', 110)
        if self.values.get('keyring') == '/none':
            raise ObjectNotFound('no key')
        assert (self.values['client_mount_timeout'], self.values['rbd_concurrent_management_ops']) == ('30', '32'), self.values

    def get_fsid(self):
        return 'f-s-i-d'

    def list_pools(self):
        return ['closed'] if self.values.get('keyring') == '/closed' else ['rbd', 'closed', 'gone', 'p\u00e9']

    def mon_command(self, command, data):
        assert json.loads(command) == {'prefix': 'osd dump', 'format': 'json'}
        pools = [{'pool_name': 'rbd', 'flags_names': 'hashpspool,full'}, {'pool_name': 'nearly', 'flags_names': 'nearfull'}, {'pool_name': 'p\u00e9', 'flags_names': 'full,full_quota'}]
        return 0, json.dumps({'pools': pools}).encode('ascii'), ''

    def pool_lookup(self, name):
        return {'rbd': 1, 'closed': 2, 'p\u00e9': 9}.get(name)

    def open_ioctx(self, pool):
        if self.pool_lookup(pool) is None:
            raise ObjectNotFound('no pool')
        return Ioctx(pool, self.values.get('keyring'))

    def open_ioctx2(self, number):
        if number not in (1, 2, 9):
            raise ObjectNotFound('no pool')
        return Ioctx({1: 'rbd', 2: 'closed', 9: 'p\u00e9'}[number])
