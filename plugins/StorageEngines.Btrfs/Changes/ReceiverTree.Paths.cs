namespace StorageEngines.Btrfs.Changes;

/// <summary>Paths of entries in both snapshots, and the way back.</summary>
internal sealed partial class ReceiverTree
{
    // What the kernel takes is 4096 bytes at a time; a tree that deep can be made step by step. Beyond this it is an attack.
    private const int LongestPath = 64 << 10;

    /// <summary>A path of the target that was looked for.</summary>
    /// <param name="Entry">The entry under the path; -1 if there is nothing, or if it was never seen.</param>
    /// <param name="Directory">If it was never seen: the directory of the base above it that was, else -1.</param>
    /// <param name="Rest">How many bytes of the path lie below that directory.</param>
    internal readonly record struct Place(int Entry, int Directory, int Rest);

    /// <summary>The path of an entry in the target.</summary>
    internal BytePath TargetPath(int entry, BytePath below = default) => Build(entry, inBase: false, below);

    /// <summary>The path of an entry in the base.</summary>
    internal BytePath BasePath(int entry, BytePath below = default) => Build(entry, inBase: true, below);

    /// <summary>Whether a directory, or one above it, has another place than in the base.</summary>
    internal bool IsRelocated(int directory)
    {
        for (int at = directory; at > Root; at = Names[Objects[at].BaseName].Directory)
        {
            if (Objects[at].BaseName < 0 || Objects[at].BaseName != Objects[at].NowName)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a path is that of the entry in the base; makes no copy of it.</summary>
    internal bool IsBasePath(int entry, ReadOnlySpan<byte> path)
    {
        for (int at = entry; at > Root; at = Objects[Names[at].Directory].BaseName)
        {
            ReadOnlySpan<byte> name = Names.NameOf(in Names[at]);
            if (!path.EndsWith(name))
            {
                return false;
            }

            path = path[..^name.Length];
            bool isTop = Names[at].Directory == Root;
            if (isTop || path.IsEmpty || path[^1] != (byte)'/')
            {
                return isTop && path.IsEmpty;
            }

            path = path[..^1];
        }

        return entry == Root && path.IsEmpty;
    }

    /// <summary>The entry that the base has under a path, if it was seen.</summary>
    internal int FindInBase(BytePath path) => Find(path, inBase: true).Entry;

    /// <summary>What the target has under a path, as far as it was seen.</summary>
    internal Place FindInTarget(BytePath path) => Find(path, inBase: false);

    /// <summary>What is under a path on one side, as far as it was seen.</summary>
    internal Place Find(BytePath path, bool inBase)
    {
        int entry = Root;
        ReadOnlySpan<byte> rest = path.Span;
        while (!rest.IsEmpty)
        {
            int directory = Side(entry, inBase);
            if (directory < 0)
            {
                return new Place(-1, -1, 0);
            }

            int slash = rest.IndexOf((byte)'/');
            entry = Names.Find(directory, slash < 0 ? rest : rest[..slash]);
            if (entry < 0)
            {
                bool isOld = !Objects[directory].Is(ObjectFlags.New) && Objects[directory].Type is 0 or TreeEntryType.Directory;
                return new Place(-1, isOld ? directory : -1, rest.Length);
            }

            rest = slash < 0 ? default : rest[(slash + 1)..];
        }

        return Side(entry, inBase) >= 0 ? new Place(entry, -1, 0) : new Place(-1, -1, 0);
    }

    /// <summary>The entry under a path that is known to be there on one side; made if it was never seen.</summary>
    /// <returns>The entry, or -1 if the stream says that nothing is there.</returns>
    internal int Ensure(BytePath path, bool inBase)
    {
        int entry = Root;
        foreach (Range part in path.Span.Split((byte)'/'))
        {
            int directory = Side(entry, inBase);
            if (directory < 0)
            {
                return -1;
            }

            Objects[directory].Flags |= ObjectFlags.Directory;
            entry = Seen(directory, path.Span[part]);
            if (entry < 0 || Side(entry, inBase) < 0)
            {
                return -1;
            }
        }

        return entry;
    }

    private int Side(int entry, bool inBase) => inBase ? Names[entry].Base : Names[entry].Now;

    private BytePath Build(int entry, bool inBase, BytePath below)
    {
        int length = below.IsRoot ? -1 : below.Length;
        for (int at = entry; at > Root; at = Above(at, inBase))
        {
            length += Names[at].Length + 1;
            if (length > LongestPath)
            {
                throw Damaged("directories were nested until their paths are longer than 64 KiB");
            }
        }

        if (length < 0)
        {
            return BytePath.Root;
        }

        var path = new byte[length];
        below.Span.CopyTo(path.AsSpan(length - below.Length));
        int end = below.IsRoot ? length : length - below.Length - 1;
        for (int at = entry; at > Root; at = Above(at, inBase))
        {
            if (end < length)
            {
                path[end] = (byte)'/';
            }

            ReadOnlySpan<byte> name = Names.NameOf(in Names[at]);
            name.CopyTo(path.AsSpan(end - name.Length));
            end -= name.Length + 1;
        }

        return new BytePath(path);
    }

    private int Above(int entry, bool inBase)
    {
        ref TreeObject directory = ref Objects[Names[entry].Directory];
        int above = inBase ? directory.BaseName : directory.NowName;
        return above >= 0 ? above : throw Damaged($"a directory is gone, and what was in it ('{ByteText.Escape(Names.NameOf(in Names[entry]))}') is not");
    }
}
