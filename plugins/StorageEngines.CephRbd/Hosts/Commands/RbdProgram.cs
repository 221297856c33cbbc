namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>
/// What the program rbd cannot tell: the cluster, its pools, and which of them are full; the images without opening each of them; notes, and whether object maps are valid, to a user who may only read; what
/// differs within a range; the data of a range. And what it cannot set: notes that are empty. For Python 3.6 and later with the modules rados and rbd, on which ceph-common depends.
/// </summary>
/// <remarks>
/// Values come as arguments; answers are fields that end with NUL, a difference as <c>rbd diff --format json</c> prints it, or the data. Pools, images and snapshots go by their numbers. It ends with the error's
/// number, or as <see cref="RbdExit"/> says.
/// Implements: rados_cluster_fsid, rados_pool_list, rados_pool_lookup, rados_stat, rados_mon_command of <c>osd dump</c>, rados_exec of <c>rbd.dir_list</c> and <c>rbd.metadata_list</c>, rbd_namespace_list,
/// rbd_metadata_set, rbd_metadata_remove, rbd_get_flags, rbd_snap_set_by_id, rbd_snap_get_name, rbd_diff_iterate2, rbd_read.
/// </remarks>
internal static class RbdProgram
{
    /// <summary>The program: <c>USER CONFIGURATION KEYRING SECONDS PARALLEL WHAT ARGUMENT...</c></summary>
    internal const string Text = """
        import json, os, struct, sys
        def end(code, words=''):
            # At once: threads of librados run still, and what ends usually, piece by piece, ends now and then with a signal because of them.
            try:
                sys.stderr.write(words + '\n' if words else '')
                sys.stderr.flush()
                sys.stdout.flush()
            except OSError:
                code = code or 5 # Nobody reads it any more.
            os._exit(code)
        try:
            import rados, rbd
        except ImportError as e:
            end(204, str(e))
        def number(e):
            n = abs(getattr(e, 'errno', None) or 0)
            return n if 0 < n < 126 else 5
        def out(*fields):
            for each in fields:
                sys.stdout.buffer.write((each if isinstance(each, bytes) else str(each).encode('utf-8')) + b'\0')
        def connect(user, conf, keyring, seconds, parallel):
            try:
                cluster = rados.Rados(name=user, conffile=conf)
                cluster.conf_parse_env()
                for key in 'client_mount_timeout', 'rados_mon_op_timeout', 'rados_osd_op_timeout':
                    cluster.conf_set(key, seconds)
                cluster.conf_set('rbd_concurrent_management_ops', parallel)
                for key in 'log_to_stderr', 'err_to_stderr':
                    cluster.conf_set(key, 'false')
                if keyring:
                    cluster.conf_set('keyring', keyring)
            except rados.Error as e:
                end(number(e), 'unable to open config file: %s' % e)
            try:
                cluster.connect()
                return cluster
            except rados.Error as e:
                end(206 if number(e) in (2, 22) else number(e), "couldn't connect to the cluster: %s" % e)
        def facts(cluster):
            pools = [(cluster.pool_lookup(each), each) for each in cluster.list_pools()]
            pools = [each for each in pools if each[0] is not None]
            out(cluster.get_fsid(), len(pools))
            for each in pools:
                out(*each)
            return pools
        def full(cluster):
            code, dump, words = cluster.mon_command('{"prefix":"osd dump","format":"json"}', b'')
            if code:
                raise rados.Error(words, code)
            out(*[each['pool_name'] for each in json.loads(dump.decode('utf-8'))['pools'] if 'full' in each['flags_names'].split(',')])
        def listed(io, name, method):
            # As librbd asks the OSD: lists in python3-rbd fail at a name that is not UTF-8, and leave out empty values, so that those behind them belong to other keys.
            last, most, room = b'', 256, 1 << 20
            while True:
                try:
                    _, text = io.execute(name, 'rbd', method, struct.pack('<I', len(last)) + last + struct.pack('<Q', most), room)
                except rados.Error as e:
                    if number(e) != 34 or room > 1 << 28:
                        raise
                    room *= 4
                    continue
                words, at = [], 4
                while at < len(text):
                    size, = struct.unpack_from('<I', text, at)
                    words.append(text[at + 4:at + 4 + size])
                    at += 4 + size
                yield from zip(words[::2], words[1::2])
                if len(words) < 2 * most:
                    return
                last = words[-2]
        refusals = []
        def allowed(ask):
            try:
                return list(ask())
            except (rados.Error, rbd.Error) as e:
                # Not for this user; not there, or gone by now; or a pool that cannot hold images.
                if number(e) not in (1, 2, 13, 95):
                    raise
                refusals.extend([e] if number(e) in (1, 13) else [])
                return []
        def probe(cluster):
            for pool, name in facts(cluster):
                try:
                    # What a list of images begins with. That it is not there, or not for this user, is an answer.
                    allowed(lambda: cluster.open_ioctx(name).stat('rbd_directory'))
                except rados.Error as e:
                    end(number(e), 'pool %s: %s' % (name, e))
        def images(cluster):
            is_readable = False
            for pool, name in facts(cluster):
                for io in allowed(lambda: [cluster.open_ioctx(name)]):
                    for space in [''] + allowed(lambda: rbd.RBD().namespace_list(io)):
                        io.set_namespace(space)
                        count = len(refusals)
                        for each, key in allowed(lambda: listed(io, 'rbd_directory', 'dir_list')):
                            out(pool, space, key, each)
                        is_readable |= len(refusals) == count
            if refusals and not is_readable:
                raise refusals[0]
        def pool(cluster, name):
            found = cluster.pool_lookup(name)
            sys.stdout.write('' if found is None else str(found))
        def place(cluster, pool, space):
            io = cluster.open_ioctx2(int(pool))
            io.set_namespace(space)
            return io
        def image(cluster, pool, space, key, read_only=True):
            try:
                return rbd.Image(place(cluster, pool, space), image_id=key, read_only=read_only)
            except (rados.ObjectNotFound, rbd.ImageNotFound) as e:
                end(201, str(e))
        def choose(it, snapshot):
            try:
                if snapshot == 'head':
                    it.set_snap(None)
                else:
                    it.set_snap_by_id(int(snapshot))
            except rbd.ImageNotFound as e:
                end(202, str(e))
        def notes(cluster, pool, space, key):
            try:
                for each in listed(place(cluster, pool, space), 'rbd_header.' + key, 'metadata_list'):
                    out(*each)
            except rados.ObjectNotFound as e:
                end(201, str(e))
        def note(cluster, pool, space, key, *changes):
            with image(cluster, pool, space, key, read_only=False) as it:
                changes = list(changes)
                while changes:
                    if changes.pop(0) == 'set':
                        it.metadata_set(changes.pop(0), changes.pop(0))
                        continue
                    try:
                        it.metadata_remove(changes.pop(0))
                    except KeyError:
                        pass # Gone already.
        def maps(cluster, pool, space, key, *snapshots):
            it = image(cluster, pool, space, key)
            valid = 1
            for each in snapshots:
                choose(it, each)
                valid &= it.flags() == 0
            out(int(valid))
        def pair(cluster, pool, space, key, snapshot, base):
            it = image(cluster, pool, space, key)
            choose(it, snapshot)
            try:
                # diff_iterate looks for the name in the same list of snapshots, which stays as it was when the image was opened.
                return it, it.snap_get_name(int(base)) if base else None
            except rbd.ImageNotFound as e:
                end(203, str(e))
        def diff(cluster, pool, space, key, snapshot, base, mode, start, period):
            it, before = pair(cluster, pool, space, key, snapshot, base)
            size, period = it.size(), int(period)
            start = int(start) // period * period
            told, lead = [], '['
            def send():
                sys.stdout.write(''.join(told))
                sys.stdout.flush()
                del told[:]
            def tell(offset, length, exists):
                nonlocal lead
                told.append('%s{"offset":%d,"length":%d,"exists":%s}' % (lead, offset, length, 'true' if exists else 'false'))
                lead = ','
                if len(told) == 1024:
                    send()
            def walk(first, last, call, whole=False):
                if first < last:
                    it.diff_iterate(first, last - first, before, call, True, whole) # What call raises ends it and is raised by it.
            if mode == 'exact':
                walk(start, size, tell)
            elif mode == 'whole-object':
                walk(0, size, tell, True) # For a range, older releases of librbd tell wrong offsets.
            else:
                changed = bytearray(-(-size // period))
                def mark(offset, length, exists):
                    first, last = offset // period, -(-min(offset + length, size) // period)
                    changed[first:last] = b'\1' * (last - first)
                walk(0, size, mark, True)
                first = changed.find(1, start // period)
                while first >= 0:
                    last = changed.find(0, first)
                    last = last if last >= 0 else len(changed)
                    walk(first * period, min(last * period, size), tell)
                    first = changed.find(1, last)
            told.append(']' if lead == ',' else '[]')
            send()
        def which(test, cluster, pool, space, key, snapshot, base, period, *offsets):
            it, before = pair(cluster, pool, space, key, snapshot, base)
            for each in offsets:
                found, count = [], min(int(period), it.size() - int(each))
                if count > 0:
                    it.diff_iterate(int(each), count, before, lambda *extent: found.append(extent))
                    if test(found):
                        out(each)
        def unchanged(*words):
            which(lambda found: not found, *words)
        def written(*words):
            which(lambda found: any(exists for _, _, exists in found), *words)
        def read(cluster, pool, space, key, snapshot, *ranges):
            it = image(cluster, pool, space, key)
            choose(it, snapshot)
            for offset, count in zip(ranges[::2], ranges[1::2]):
                at, last = int(offset), int(offset) + int(count)
                while at < last:
                    piece = it.read(at, min(last - at, 4 << 20))
                    if not piece:
                        return
                    sys.stdout.buffer.write(piece)
                    at += len(piece)
        words = [os.fsencode(each).decode('utf-8') for each in sys.argv[1:]]
        try:
            tasks = {'facts': facts, 'probe': probe, 'full': full, 'pool': pool, 'list': images, 'notes': notes, 'note': note, 'maps': maps, 'diff': diff, 'unchanged': unchanged, 'written': written, 'read': read}
            cluster = connect(*words[:5]) # Kept to the end: it is not to be shut down.
            tasks[words[5]](cluster, *words[6:])
        except (rados.Error, rbd.Error) as e:
            end(number(e), str(e))
        except UnicodeError as e:
            end(84, 'a name is not UTF-8: %s' % e)
        except Exception as e:
            end(5, '%s: %s' % (type(e).__name__, e)) # Python itself would end with 1, which is a permission.
        end(0)

        """;
}
