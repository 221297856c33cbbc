using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// When the trees of two snapshots may be compared. Each condition keeps a case out in which it would be wrong, or was not shown to be right:
/// both are snapshots of the same subvolume on one file system, so that the newer leaves of the target are those that changed since the base (after a roll back, or for a clone, they are not);
/// neither was received nor written to, because then a leaf is newer than the snapshot; neither is being deleted; and no balance moves blocks while they are compared, because the place of
/// an extent tells what it is only as long as it stays there. The base's own transaction is the lower bound, and never its generation, which a balance lifts.
/// </summary>
internal sealed class TreeConditions
{
    private readonly DirectoryHandle _from;
    private readonly DirectoryHandle _to;
    private readonly Guid _fileSystem;
    private readonly SubvolumeDetails _before;
    private readonly SubvolumeDetails _after;

    private TreeConditions(DirectoryHandle from, DirectoryHandle to, Guid fileSystem, SubvolumeDetails before, SubvolumeDetails after)
        => (_from, _to, _fileSystem, _before, _after) = (from, to, fileSystem, before, after);

    /// <summary>The transaction in which the base was made: what is newer was changed since.</summary>
    internal ulong Since => _before.OriginTransaction;

    /// <summary>Looks whether the trees may be compared.</summary>
    /// <param name="from">The base's root, open.</param>
    /// <param name="to">The target's.</param>
    /// <returns>Null if not.</returns>
    internal static TreeConditions? Check(DirectoryHandle from, DirectoryHandle to)
    {
        Guid fileSystem = BtrfsControl.FileSystemId(to);
        if (BtrfsControl.FileSystemId(from) != fileSystem || !IsQuiet(fileSystem))
        {
            return null;
        }

        SubvolumeDetails before = BtrfsControl.Details(from), after = BtrfsControl.Details(to);
        return Hold(before, after) ? new TreeConditions(from, to, fileSystem, before, after) : null;
    }

    /// <summary>What two snapshots have to be like.</summary>
    internal static bool Hold(SubvolumeDetails before, SubvolumeDetails after)
        => before.ParentUuid != Guid.Empty && before.ParentUuid == after.ParentUuid
            && IsPlain(before) && IsPlain(after)
            && before.OriginTransaction < after.OriginTransaction;

    /// <summary>Says after a comparison whether both were as they were before all the time. Blocks move in transactions of their own, which lift a tree's generation.</summary>
    internal bool StillHold() => IsQuiet(_fileSystem) && IsSame(_before, BtrfsControl.Details(_from)) && IsSame(_after, BtrfsControl.Details(_to));

    private static bool IsPlain(SubvolumeDetails each)
        => each.IsReadOnly && each.ReceivedUuid == Guid.Empty && each.ParentId != 0 && each.ChangeTransaction <= each.OriginTransaction && each.OriginTransaction > 0;

    private static bool IsSame(SubvolumeDetails a, SubvolumeDetails b)
        => (a.Uuid, a.ParentUuid, a.ReceivedUuid, a.IsReadOnly, a.ParentId, a.Generation, a.ChangeTransaction, a.OriginTransaction)
            == (b.Uuid, b.ParentUuid, b.ReceivedUuid, b.IsReadOnly, b.ParentId, b.Generation, b.ChangeTransaction, b.OriginTransaction);

    // A balance, also one that the kernel began itself, and the removal of a device say so there (Linux 5.10). Where it cannot be told, a send is taken. Implements: sysfs, btrfs(5).
    private static bool IsQuiet(Guid fileSystem)
    {
        try
        {
            return File.ReadAllText($"/sys/fs/btrfs/{fileSystem:D}/exclusive_operation").AsSpan().Trim() is "none";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
