using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Differences;

/// <summary>Two snapshots that are compared: their difference, and what that does not say. One caller at a time.</summary>
/// <param name="from">The base.</param>
/// <param name="to">The target.</param>
internal abstract class SnapshotPair(SnapshotEntry from, SnapshotEntry to) : IBaseTree, IExtentStates, IDisposable
{
    /// <summary>The base.</summary>
    internal SnapshotEntry From => from;

    /// <summary>The target.</summary>
    internal SnapshotEntry To => to;

    /// <inheritdoc/>
    public abstract KnownEntry? InBase(BytePath path);

    /// <inheritdoc/>
    public abstract KnownEntry? InTarget(BytePath path);

    /// <inheritdoc/>
    public abstract IReadOnlyList<BytePath> NamesInBase(ulong inode);

    /// <inheritdoc/>
    public abstract IReadOnlyList<BytePath> NamesInTarget(ulong inode);

    /// <inheritdoc/>
    public abstract bool TryReadData(BytePath path, Extent range, List<Extent> data);

    /// <summary>The size of a regular file of the target, in bytes.</summary>
    /// <exception cref="PosixException">There is none, or it is of another type.</exception>
    internal abstract long TargetSize(BytePath path);

    /// <summary>Whether the base is given as a clone source: then the answer is exact, and each extent costs the more the more snapshots share it.</summary>
    internal abstract bool FindExactness();

    /// <summary>The difference as a send stream without data. What a signal or a lost connection did to it shows in its checksums, or at its end.</summary>
    /// <param name="exact">Whether the base is a clone source.</param>
    /// <param name="cancellationToken">Ends it within tens of milliseconds.</param>
    internal abstract Stream OpenSend(bool exact, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The error for a base that is gone.</summary>
    internal static ChangeTrackingUnavailableException BaseGone(SnapshotEntry from, Exception? cause)
        => new(EngineReason.BaseMissing, $"The base '{from.Name}' was deleted{(cause is null ? " while it was compared" : "")}; take a full copy.", cause) { Engine = BtrfsEngineFactory.SchemeName };
}
