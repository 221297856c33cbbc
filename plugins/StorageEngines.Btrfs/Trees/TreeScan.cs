using System.Buffers.Binary;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// Walks over the leaves of the target's tree that are newer than the base, and gives the inodes that changed. The kernel skips older leaves with all above them: a block of the tree is never changed in
/// place once a snapshot has it, so that a leaf that is not newer was in the base as it is (a balance copies leaves, which makes them newer, so that only more is seen).
/// Whatever changes in a file or directory (its content, attributes, names, or the names in it) changes its INODE_ITEM, whose transaction then is later than the base's.
/// </summary>
internal sealed class TreeScan(TreeReader reader, ulong since)
{
    private const int TransactionAt = 8;
    private const int CancelEvery = 4096;

    /// <summary>Walks.</summary>
    /// <param name="changed">Gets each inode with all of its items that lie in newer leaves; to be used before it returns.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal void Run(Action<InodeFacts> changed, CancellationToken cancellationToken)
    {
        var facts = new InodeFacts();
        ulong current = 0;
        reader.Seek(new TreeKey(BtrfsRequests.FirstFree, 0, 0), new TreeKey(BtrfsRequests.LastFree, byte.MaxValue, ulong.MaxValue), since + 1);
        for (long count = 0; reader.MoveNext(out TreeItem item); count++)
        {
            if (count % CancelEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (item.Key.ObjectId != current)
            {
                if (current != 0)
                {
                    changed(facts);
                }

                current = IsChanged(in item) ? item.Key.ObjectId : 0;
                facts.Begin(current);
            }

            if (current != 0)
            {
                facts.Add(in item, since);
            }
        }

        if (current != 0)
        {
            changed(facts);
        }
    }

    // The INODE_ITEM is the first of an inode's items. If it is not in a newer leaf, nothing of the inode changed; other items of it are only beside what did.
    private bool IsChanged(in TreeItem item)
        => item.Key.Type == ItemTypes.Inode && item.Data.Length >= InodeItem.Length && BinaryPrimitives.ReadUInt64LittleEndian(item.Data[TransactionAt..]) > since;
}
