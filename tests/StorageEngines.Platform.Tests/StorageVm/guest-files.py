# What an application does to files and devices in the machine, one request after the other: a program for each would take a tenth of a second there.
# A request is a line: what, its arguments (bytes as hexadecimal digits, numbers as they are), and the count of the bytes that follow it.
# A reply is a line: 0 or the error number, and the count of the bytes that follow it.
import ctypes, errno, fcntl, mmap, os, re, struct, sys, time

libc = ctypes.CDLL(None, use_errno=True)
BLKDISCARD, BLKGETSIZE64 = 0x1277, 0x80081272


def path(word):
    return bytes.fromhex(word)


def opened(name, flags, act, mode=0o666):
    descriptor = os.open(path(name), flags, mode)
    try:
        return act(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor, offset, data, sync):
    view = memoryview(data)
    while len(view):
        count = os.pwrite(descriptor, view, offset)
        offset, view = offset + count, view[count:]
    if sync:
        os.fsync(descriptor)


def read_all(descriptor):
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b''.join(parts)


def read_device(descriptor):
    size = os.lseek(descriptor, 0, os.SEEK_END)
    buffer, parts, offset = mmap.mmap(-1, 1 << 20), [], 0
    while offset < size:
        count = os.preadv(descriptor, [buffer], offset)
        parts.append(buffer[:count])
        offset += count
    return b''.join(parts)


def punch(descriptor, offset, length):
    if libc.fallocate(descriptor, 3, ctypes.c_int64(offset), ctypes.c_int64(length)):
        raise OSError(ctypes.get_errno(), 'fallocate')


def has_size(name, size):
    try:
        found = struct.unpack('Q', opened(name, os.O_RDONLY, lambda f: fcntl.ioctl(f, BLKGETSIZE64, bytes(8))))[0]
        return found == size
    except OSError as e:
        if e.errno in (errno.ENOENT, errno.ENXIO, errno.EBUSY, errno.ENOTTY):
            return False
        raise


def await_device(name, size):
    for _ in range(3000):
        if has_size(name, size):
            return
        time.sleep(0.01)
    raise OSError(errno.ETIMEDOUT, 'the device has not come with the size of %d bytes' % size)


def set_time(name, seconds, nanoseconds):
    when = int(seconds) * 10**9 + int(nanoseconds)
    os.utime(path(name), ns=(when, when))


def running(pattern):
    count = 0
    for process in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/cmdline' % process, 'rb') as file:
                count += 1 if pattern.search(file.read().replace(b'\0', b' ')) else 0
        except (FileNotFoundError, ProcessLookupError):
            pass
    return count


# How many are left of the processes whose command line fits; those that end by themselves are waited for.
def await_end(pattern):
    compiled = re.compile(path(pattern))
    for _ in range(200):
        count = running(compiled)
        if count == 0:
            break
        time.sleep(0.05)
    return b'%d' % count


requests = {
    'write': lambda data, name, offset: opened(name, os.O_WRONLY | os.O_CREAT, lambda f: write_all(f, int(offset), data, False)),
    'write-device': lambda data, name, offset: opened(name, os.O_WRONLY, lambda f: write_all(f, int(offset), data, True)),
    'read': lambda data, name: opened(name, os.O_RDONLY, read_all),
    'read-device': lambda data, name: opened(name, os.O_RDONLY | os.O_DIRECT, read_device),
    'discard': lambda data, name, offset, length: opened(name, os.O_WRONLY, lambda f: fcntl.ioctl(f, BLKDISCARD, struct.pack('QQ', int(offset), int(length)))) and None,
    'await-device': lambda data, name, size: await_device(name, int(size)),
    'await-end': lambda data, pattern: await_end(pattern),
    'truncate': lambda data, name, length: opened(name, os.O_WRONLY | os.O_CREAT, lambda f: os.ftruncate(f, int(length))),
    'punch': lambda data, name, offset, length: opened(name, os.O_WRONLY, lambda f: punch(f, int(offset), int(length))),
    'rename': lambda data, source, target: os.rename(path(source), path(target)),
    'link': lambda data, source, target: os.link(path(source), path(target), follow_symlinks=False),
    'symlink': lambda data, name: os.symlink(data, path(name)),
    'unlink': lambda data, name: os.unlink(path(name)),
    'mkdir': lambda data, name: os.mkdir(path(name)),
    'rmdir': lambda data, name: os.rmdir(path(name)),
    'chmod': lambda data, name, mode: os.chmod(path(name), int(mode)),
    'utime': lambda data, name, seconds, nanoseconds: set_time(name, seconds, nanoseconds),
    'setxattr': lambda data, name, attribute: os.setxattr(path(name), path(attribute), data),
}

while line := sys.stdin.buffer.readline():
    what, *arguments, count = line.decode('ascii').split()
    data = sys.stdin.buffer.read(int(count))
    try:
        code, reply = 0, requests[what](data, *arguments) or b''
    except OSError as e:
        code, reply = e.errno, str(e).encode()
    sys.stdout.buffer.write(b'%d %d\n' % (code, len(reply)) + reply)
    sys.stdout.buffer.flush()
