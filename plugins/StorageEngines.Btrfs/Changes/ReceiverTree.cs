namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// The tree that the stream is applied to, as far as the stream names it. A name stands for what it stood for in the base until a command says otherwise.
/// A directory is an object of its own, so that its rename is one step, whatever is below it. Not thread-safe.
/// </summary>
internal sealed partial class ReceiverTree
{
    /// <summary>The object and the entry of the subvolume's root.</summary>
    internal const int Root = 0;

    private byte[] _lastPath = new byte[256];
    private int _lastLength = -1;
    private int _lastEntry;
    private byte[] _lastDirectoryPath = new byte[256];
    private int _lastDirectoryLength = -1;
    private int _lastDirectory;

    /// <summary>Makes a tree that has only its root.</summary>
    internal ReceiverTree()
    {
        Names.AddRoot();
        Objects.Add(new TreeObject { Flags = ObjectFlags.Directory, Type = TreeEntryType.Directory, BaseName = Root, NowName = Root });
    }

    /// <summary>Makes the error for a stream that cannot be.</summary>
    internal Func<string, Exception> Damaged { get; set; } = detail => new InvalidOperationException(detail);

    internal NameTable Names { get; } = new();

    internal Table<TreeObject> Objects { get; } = new();

    /// <summary>The entry of a path that is there now.</summary>
    internal int Resolve(ReadOnlySpan<byte> path)
    {
        if (path.Length == _lastLength && path.SequenceEqual(_lastPath.AsSpan(0, _lastLength)))
        {
            return _lastEntry;
        }

        if (path.IsEmpty)
        {
            return Root;
        }

        int directory = Parent(path, out ReadOnlySpan<byte> name);
        int entry = Seen(directory, name);
        if (entry < 0 || Names[entry].Now < 0)
        {
            throw Damaged($"'{ByteText.Escape(path)}' is not there");
        }

        Remember(path, entry);
        return entry;
    }

    /// <summary>Something new gets a name.</summary>
    internal int Create(ReadOnlySpan<byte> path, TreeEntryType type)
    {
        int entry = Vacant(path);
        ObjectFlags flags = ObjectFlags.New | (type == TreeEntryType.Directory ? ObjectFlags.Directory : 0);
        int made = Objects.Add(new TreeObject { Flags = flags, Type = type, NowName = entry });
        Names[entry].Now = made;
        return made;
    }

    /// <summary>A name moves.</summary>
    internal void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        int old = Resolve(from);
        RefuseRoot(old);
        int moved = Names[old].Now;
        TakeName(old, isDirectory: true);
        int entry = Vacant(to);
        RefuseCycle(moved, Names[entry].Directory);
        Names[entry].Now = moved;
        ref TreeObject it = ref Objects[moved];
        it.Flags |= ObjectFlags.Moved;
        it.NowName = entry;
        Forget(old);
    }

    /// <summary>A file gets one more name.</summary>
    internal void Link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> name)
    {
        int linked = Names[Resolve(existing)].Now;
        if (Objects[linked].Is(ObjectFlags.Directory))
        {
            throw Damaged($"'{ByteText.Escape(existing)}' is a directory and cannot be linked");
        }

        int entry = Vacant(name);
        Names[entry].Now = linked;
        ref TreeObject it = ref Objects[linked];
        it.Flags |= ObjectFlags.Moved;
        it.NowName = entry;
        it.Names++;
    }

    /// <summary>A name goes.</summary>
    internal void Remove(ReadOnlySpan<byte> path, bool isDirectory)
    {
        int entry = Resolve(path);
        RefuseRoot(entry);
        int removed = Names[entry].Now;
        TakeName(entry, isDirectory);
        ref TreeObject it = ref Objects[removed];
        if (!isDirectory && it.Is(ObjectFlags.Directory))
        {
            throw Damaged($"'{ByteText.Escape(path)}' is a directory and was to be removed as a file");
        }

        it.Flags |= ObjectFlags.Moved | (isDirectory ? ObjectFlags.Directory : 0);
        it.Type = isDirectory ? TreeEntryType.Directory : it.Type;
        it.Names--;
        if (it.NowName == entry)
        {
            it.NowName = -1;
        }

        Forget(entry);
    }

    /// <summary>Forgets an object of the base that has kept its only name and is no directory that anything below was seen of.</summary>
    internal void Drop(int plain)
    {
        ForgetPath();
        Names.Remove(Objects[plain].NowName);
        Objects.Return(plain, new TreeObject { Flags = ObjectFlags.Unused });
    }

    /// <summary>The entry of a name; made if the directory is one of the base, whose names are all there until they are taken away.</summary>
    private int Seen(int directory, ReadOnlySpan<byte> name)
    {
        int entry = Names.Find(directory, name);
        return entry >= 0 || Objects[directory].Is(ObjectFlags.New) ? entry : AddOfBase(directory, name);
    }

    private int AddOfBase(int directory, ReadOnlySpan<byte> name)
    {
        int entry = Names.Add(directory, name);
        int known = Objects.Add(new TreeObject { BaseName = entry, NowName = entry });
        ref NameEntry made = ref Names[entry];
        made.Base = made.Now = known;
        return entry;
    }

    /// <summary>The entry of a path where nothing is. One that was never seen has nothing in the base either: the sender first moves away what is in the way.</summary>
    private int Vacant(ReadOnlySpan<byte> path)
    {
        ForgetPath();
        if (path.IsEmpty)
        {
            throw Damaged("the root cannot be made or moved");
        }

        int directory = Parent(path, out ReadOnlySpan<byte> name);
        int entry = Names.Find(directory, name);
        if (entry >= 0 && Names[entry].Now >= 0)
        {
            throw Damaged($"'{ByteText.Escape(path)}' is there already");
        }

        return entry >= 0 ? entry : Names.Add(directory, name);
    }

    /// <summary>The directory above a path, and the path's last component.</summary>
    private int Parent(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> name)
    {
        int slash = path.LastIndexOf((byte)'/');
        name = path[(slash + 1)..];
        CheckName(name, path);
        if (slash < 0)
        {
            return Root;
        }

        ReadOnlySpan<byte> above = path[..slash];
        if (_lastDirectoryLength == slash && above.SequenceEqual(_lastDirectoryPath.AsSpan(0, slash)))
        {
            return _lastDirectory;
        }

        return Walk(above, path);
    }

    private int Walk(ReadOnlySpan<byte> above, ReadOnlySpan<byte> path)
    {
        int directory = Root;
        foreach (Range part in above.Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = above[part];
            CheckName(name, path);
            int entry = Seen(directory, name);
            directory = entry < 0 ? -1 : Names[entry].Now;
            if (directory < 0 || Objects[directory].Type is not (0 or TreeEntryType.Directory))
            {
                throw Damaged($"'{ByteText.Escape(path)}' lies below something that is no directory");
            }

            Objects[directory].Flags |= ObjectFlags.Directory;
        }

        Copy(above, ref _lastDirectoryPath);
        _lastDirectoryLength = above.Length;
        _lastDirectory = directory;
        return directory;
    }

    private void CheckName(ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        if (name.IsEmpty || name.Length > NameArena.LongestName || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) || name.Contains((byte)0))
        {
            throw Damaged($"the path '{ByteText.Escape(path)}' is absolute, leaves the subvolume or is none");
        }
    }

    // Where directories are stays known for as long as none is taken away.
    private void TakeName(int entry, bool isDirectory)
    {
        ForgetPath();
        _lastDirectoryLength = isDirectory ? -1 : _lastDirectoryLength;
        Names[entry].Now = -1;
    }

    // A name that stands for nothing in either snapshot, such as that of an orphan, need not be kept.
    private void Forget(int entry)
    {
        ref NameEntry name = ref Names[entry];
        if (name.Base < 0 && name.Now < 0)
        {
            Names.Remove(entry);
        }
    }

    private void RefuseRoot(int entry)
    {
        if (entry == Root)
        {
            throw Damaged("the root cannot be moved or removed");
        }
    }

    private void RefuseCycle(int moved, int directory)
    {
        for (int at = directory; at != Root; at = Names[Objects[at].NowName].Directory)
        {
            if (at == moved)
            {
                throw Damaged("a directory would be moved below itself");
            }
        }
    }

    private void Remember(ReadOnlySpan<byte> path, int entry)
    {
        Copy(path, ref _lastPath);
        _lastLength = path.Length;
        _lastEntry = entry;
    }

    private void ForgetPath() => _lastLength = -1;

    private static void Copy(ReadOnlySpan<byte> path, ref byte[] buffer)
    {
        if (path.Length > buffer.Length)
        {
            buffer = new byte[2 * path.Length];
        }

        path.CopyTo(buffer);
    }
}
