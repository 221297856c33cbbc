namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Completes what a stream says of files of several names: it speaks of one of them, and of names that come and go, but not of the others; and it
/// does not say that two names are of one file. All names of such a file, in both snapshots, are looked up, and stand for one object from then on.
/// </summary>
internal sealed class LinkGroups(ReceiverTree tree, IBaseTree known)
{
    internal void Find()
    {
        for (int at = 0; at < tree.Objects.Count; at++)
        {
            if (MayHaveMore(in tree.Objects[at]) && known.InBase(tree.BasePath(tree.Objects[at].BaseName)) is { } entry)
            {
                Look(at, entry);
            }
        }
    }

    /// <summary>The object that stands for another one.</summary>
    internal static int Same(ReceiverTree tree, int at)
    {
        while (at >= 0 && tree.Objects[at].SameAs is var other and >= 0)
        {
            at = other;
        }

        return at;
    }

    // A file all of whose names are gone needs no look: either that was all, or the stream names a remaining one, whose inode was changed by it.
    private static bool MayHaveMore(in TreeObject it)
    {
        const ObjectFlags Never = ObjectFlags.New | ObjectFlags.Directory | ObjectFlags.Grouped | ObjectFlags.Unused;
        return (it.Flags & Never) == 0 && it.SameAs < 0 && it.BaseName >= 0 && (it.Is(ObjectFlags.ManyNames) || (it.Is(ObjectFlags.Moved) && it.Names > 0));
    }

    private void Look(int file, in KnownEntry entry)
    {
        ref TreeObject it = ref tree.Objects[file];
        it.Type = entry.Type;
        if (entry.Type == TreeEntryType.Directory)
        {
            it.Flags |= ObjectFlags.Directory;
        }

        it.Flags |= ObjectFlags.Grouped;
        if (entry.Type == TreeEntryType.Directory || entry.Links <= 1)
        {
            return;
        }

        foreach (BytePath path in known.NamesInBase(entry.Inode))
        {
            if (tree.Ensure(path, inBase: true) is var name and >= 0)
            {
                Join(file, tree.Names[name].Base);
            }
        }

        foreach (BytePath path in known.NamesInTarget(entry.Inode))
        {
            if (tree.Ensure(path, inBase: false) is var name and >= 0)
            {
                Join(file, tree.Names[name].Now);
            }
        }
    }

    private void Join(int file, int other)
    {
        other = Same(tree, other);
        if (other == file || tree.Objects[other].Is(ObjectFlags.New | ObjectFlags.Directory))
        {
            return;
        }

        ref TreeObject it = ref tree.Objects[file], same = ref tree.Objects[other];
        it.Flags |= same.Flags;
        it.LastRecord = Math.Max(it.LastRecord, same.LastRecord);
        same.SameAs = file;
    }
}
