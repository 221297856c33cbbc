namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>
/// What the program rbd cannot tell: the cluster and its pools; the images without opening each; notes and object maps to a user who may only read; data of a range. For Python 3.6 and later with the modules
/// rados and rbd, on which ceph-common depends. Values come as arguments; answers are fields that end with NUL, or the data. It ends with the error's number, or as <see cref="RbdExit"/> says.
/// </summary>
internal static class RbdProgram
{
    /// <summary>The program: <c>USER CONFIGURATION KEYRING SECONDS WHAT ARGUMENT...</c></summary>
    internal const string Text = """
        import os, sys
        def end(code, words):
            sys.stderr.write(words + '\n')
            sys.exit(code)
        try:
            import rados, rbd
        except ImportError as e:
            end(204, str(e))
        def number(e):
            n = abs(getattr(e, 'errno', None) or 0)
            return n if 0 < n < 126 else 5
        def out(*fields):
            for each in fields:
                sys.stdout.buffer.write(str(each).encode('utf-8', 'surrogateescape') + b'\0')
        def connect(user, conf, keyring, seconds):
            try:
                cluster = rados.Rados(name=user, conffile=conf)
                cluster.conf_parse_env()
                for key in 'client_mount_timeout', 'rados_mon_op_timeout', 'rados_osd_op_timeout':
                    cluster.conf_set(key, seconds)
                for key in 'log_to_stderr', 'err_to_stderr':
                    cluster.conf_set(key, 'false')
                if keyring:
                    cluster.conf_set('keyring', keyring)
                cluster.connect()
                return cluster
            except rados.Error as e:
                end(number(e), "couldn't connect to the cluster: %s" % e)
        def facts(cluster):
            pools = [(cluster.pool_lookup(each), each) for each in cluster.list_pools()]
            pools = [each for each in pools if each[0] is not None]
            out(cluster.get_fsid(), len(pools))
            for each in pools:
                out(*each)
            return pools
        def images(cluster):
            for pool, name in facts(cluster):
                try:
                    io = cluster.open_ioctx(name)
                    spaces = [''] + list(rbd.RBD().namespace_list(io))
                    for space in spaces:
                        io.set_namespace(space)
                        for each in rbd.RBD().list2(io):
                            out(pool, space, each['id'], each['name'])
                except (rados.Error, rbd.Error) as e:
                    # Not for this user; gone by now; or a pool that cannot hold images.
                    if number(e) not in (1, 2, 13, 95):
                        raise
        def image(cluster, pool, space, key):
            try:
                io = cluster.open_ioctx(pool)
            except rados.ObjectNotFound as e:
                end(200, str(e))
            io.set_namespace(space)
            try:
                return rbd.Image(io, image_id=key, read_only=True)
            except rbd.ImageNotFound as e:
                end(201, str(e))
        def choose(it, snapshot):
            try:
                if snapshot == 'head':
                    it.set_snap(None)
                else:
                    it.set_snap_by_id(int(snapshot))
            except rbd.ImageNotFound as e:
                end(202, str(e))
        def notes(cluster, *place):
            for key, value in image(cluster, *place).metadata_list():
                out(key, value)
        def maps(cluster, pool, space, key, *snapshots):
            it = image(cluster, pool, space, key)
            valid = 1
            for each in snapshots:
                choose(it, each)
                valid &= it.flags() == 0
            out(int(valid))
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
            {'facts': facts, 'list': images, 'notes': notes, 'maps': maps, 'read': read}[words[4]](connect(*words[:4]), *words[5:])
            sys.stdout.flush()
        except (rados.Error, rbd.Error) as e:
            end(number(e), str(e))
        except UnicodeError as e:
            end(84, 'a name is not UTF-8: %s' % e)

        """;
}
