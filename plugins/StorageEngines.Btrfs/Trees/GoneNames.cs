using System.Buffers.Binary;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// Finds the names of what the base has and the target has not. Whose last name was removed, that directory changed; or it is gone too, and so on up to one that is not, because the root
/// always stays. So the changed directories, listed on both sides, lead to everything that is gone. Leaves of the tree that vanished need not be looked for.
/// What the target lists only saves looking each name of the base up: nothing is gone before its inode was not found there.
/// </summary>
/// <param name="names">Gets them.</param>
/// <param name="from">Lists the base.</param>
/// <param name="lookups">Looks inodes of the target up.</param>
/// <param name="since">The base's transaction.</param>
internal sealed class GoneNames(TreeNames names, TreeReader from, TreeReader lookups, ulong since)
{
    private const int HeadSize = 30; // struct btrfs_dir_item
    private const byte DirectoryKind = 2;

    private readonly Stack<ulong> _below = new();
    private ulong _goneFrom = 1;
    private ulong _goneTo;

    /// <summary>Looks at a directory that both have and that changed, and at all below it that is gone.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="to">Lists the target.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal void Find(ulong directory, TreeReader to, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Seek(from, directory);
        Seek(to, directory);
        bool hasOld = from.MoveNext(out TreeItem old), hasNow = to.MoveNext(out TreeItem now);
        while (hasOld)
        {
            if (hasNow && now.Key.Offset < old.Key.Offset)
            {
                hasNow = to.MoveNext(out now);
                continue;
            }

            // A number in a directory is used again, if it was the last, after the file system was mounted anew.
            if (!hasNow || now.Key.Offset > old.Key.Offset || !now.Data.SequenceEqual(old.Data))
            {
                See(directory, old.Data);
            }

            hasOld = from.MoveNext(out old);
        }

        Below(cancellationToken);
    }

    /// <summary>The same, where all names that the target has there were seen already.</summary>
    internal void Find(InodeFacts directory, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Seek(from, directory.Inode);
        List<DirectoryItem> entries = directory.Entries;
        for (int now = 0; from.MoveNext(out TreeItem old);)
        {
            while (now < entries.Count && entries[now].Index < old.Key.Offset)
            {
                now++;
            }

            if (now == entries.Count || entries[now].Index > old.Key.Offset || !directory.BytesOf(entries[now]).SequenceEqual(old.Data))
            {
                See(directory.Inode, old.Data);
            }
        }

        Below(cancellationToken);
    }

    private static void Seek(TreeReader reader, ulong directory)
        => reader.Seek(new TreeKey(directory, ItemTypes.DirectoryIndex, 0), new TreeKey(directory, ItemTypes.DirectoryIndex, ulong.MaxValue));

    private void Below(CancellationToken cancellationToken)
    {
        while (_below.TryPop(out ulong directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Seek(from, directory);
            while (from.MoveNext(out TreeItem old))
            {
                See(directory, old.Data);
            }
        }
    }

    private void See(ulong directory, ReadOnlySpan<byte> data)
    {
        int length = data.Length >= HeadSize ? BinaryPrimitives.ReadUInt16LittleEndian(data[27..]) : int.MaxValue;
        if (length is 0 or > byte.MaxValue || length > data.Length - HeadSize)
        {
            throw TreeDamage.Is($"a name in directory {directory} has {length} bytes");
        }

        ulong child = BinaryPrimitives.ReadUInt64LittleEndian(data);
        bool isInode = data[8] == ItemTypes.Inode; // else a nested subvolume, which is in no snapshot
        if (!isInode || !IsGone(child))
        {
            return;
        }

        names.Gone(names.BaseDirectory(directory), data.Slice(HeadSize, length), child, Type(data[29]));
        if (data[29] == DirectoryKind)
        {
            _below.Push(child); // it has one name, and so comes once
        }
    }

    // Files that were made together were often removed together: from the next inode that is there, all in between are known to be gone.
    private bool IsGone(ulong inode)
    {
        if (inode >= _goneFrom && inode < _goneTo)
        {
            return true;
        }

        lookups.Seek(new TreeKey(inode, ItemTypes.Inode, 0), new TreeKey(BtrfsRequests.LastFree, byte.MaxValue, ulong.MaxValue), most: 1);
        if (!lookups.MoveNext(out TreeItem item))
        {
            (_goneFrom, _goneTo) = (inode, ulong.MaxValue);
            return true;
        }

        if (item.Key.ObjectId > inode)
        {
            (_goneFrom, _goneTo) = (inode, item.Key.ObjectId);
            return true;
        }

        return item.Key.Type != ItemTypes.Inode || InodeItem.Parse(item.Data) is var found && (found.Links == 0 || found.Generation > since);
    }

    private static TreeEntryType Type(byte kind) => kind switch
    {
        1 => TreeEntryType.File,
        DirectoryKind => TreeEntryType.Directory,
        3 => TreeEntryType.CharacterDevice,
        4 => TreeEntryType.BlockDevice,
        5 => TreeEntryType.Fifo,
        6 => TreeEntryType.Socket,
        7 => TreeEntryType.SymbolicLink,
        _ => throw TreeDamage.Is($"a name in a directory is of kind {kind}, which is not known"),
    };
}
