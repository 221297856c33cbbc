using System.Buffers.Binary;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// Walks over the leaves of the target's tree that are newer than the base, and gives the inodes that changed. The kernel skips older leaves with all above them: a block of the tree is never changed in
/// place once a snapshot has it, so that a leaf that is not newer was in the base as it is (a balance copies leaves, which makes them newer, so that only more is seen).
/// Whatever changes in a file or directory (its content, attributes, names, or the names in it) changes its INODE_ITEM, whose transaction then is later than the base's.
/// </summary>
/// <param name="since">The base's transaction.</param>
/// <param name="changed">Gets each inode that changed, with all of its items that lie in newer leaves; to be used before it returns.</param>
internal sealed class TreeScan(ulong since, Action<InodeFacts> changed)
{
    private const int TransactionAt = 8;
    private const int CancelEvery = 4096;

    private readonly InodeFacts _facts = new();
    private ulong _inode;
    private bool _isChanged;

    /// <summary>Walks.</summary>
    /// <param name="reader">Reads the target.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal void Run(TreeReader reader, CancellationToken cancellationToken)
    {
        reader.Seek(new TreeKey(BtrfsRequests.FirstFree, 0, 0), new TreeKey(BtrfsRequests.LastFree, byte.MaxValue, ulong.MaxValue), since + 1);
        for (long count = 0; reader.MoveNext(out TreeItem item); count++)
        {
            if (count % CancelEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            Take(in item);
        }

        End();
    }

    /// <summary>Takes the next item of a newer leaf.</summary>
    internal void Take(in TreeItem item)
    {
        if (item.Key.ObjectId != _inode)
        {
            End();
            _inode = item.Key.ObjectId;
            _isChanged = IsChanged(in item);
            if (_isChanged)
            {
                _facts.Begin(_inode);
            }
        }

        if (_isChanged)
        {
            _facts.Add(in item, since);
        }
    }

    /// <summary>There are no more items.</summary>
    internal void End()
    {
        if (_isChanged)
        {
            _isChanged = false;
            changed(_facts);
        }
    }

    // The INODE_ITEM is the first of an inode's items. If it is not in a newer leaf, nothing of the inode changed; other items of it are only beside what did.
    private bool IsChanged(in TreeItem item)
        => item.Key.Type == ItemTypes.Inode && item.Data.Length >= InodeItem.Length && BinaryPrimitives.ReadUInt64LittleEndian(item.Data[TransactionAt..]) > since;
}
