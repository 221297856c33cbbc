using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts;

/// <summary>An image that is open for reading. One caller at a time.</summary>
internal interface IOpenImage : IAsyncDisposable
{
    /// <summary>The image and its snapshots, as they were when it was opened.</summary>
    ImageState State { get; }

    /// <summary>Reads what is noted about its snapshots.</summary>
    Task<ImageNotes> ReadNotesAsync(CancellationToken cancellationToken);

    /// <summary>Whether all these snapshots' object maps are marked valid.</summary>
    Task<bool> AreMapsValidAsync(IReadOnlyList<RbdSnapshot> chain, CancellationToken cancellationToken);

    /// <summary>Tells what differs, unsorted within a period, but one period after the other. It may end only when everything was told.</summary>
    IAsyncEnumerable<IReadOnlyList<RawExtent>> DiffAsync(DiffRequest request, CancellationToken cancellationToken);

    /// <summary>Tells which of some periods are the same in two snapshots, for certain.</summary>
    /// <param name="from">The older snapshot.</param>
    /// <param name="to">The newer snapshot, or the image as it is now.</param>
    /// <param name="offsets">Where each period begins; bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where those begin that are the same, as they are found; bytes.</returns>
    IAsyncEnumerable<long> UnchangedAsync(RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, CancellationToken cancellationToken);

    /// <summary>Tells which of some periods got data between two snapshots, for certain: what was only given back does not count.</summary>
    /// <param name="from">The older snapshot.</param>
    /// <param name="to">The newer snapshot.</param>
    /// <param name="offsets">Where each period begins; bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where those begin, as they are found; bytes.</returns>
    IAsyncEnumerable<long> WrittenAsync(RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, CancellationToken cancellationToken);

    /// <summary>Reads a snapshot, or the image as it is now.</summary>
    /// <param name="snapshot">Which one.</param>
    /// <param name="ranges">What of it; all together no longer than an array may be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All of what was asked for, one range behind the other.</returns>
    Task<byte[]> ReadAsync(RbdSnapshot snapshot, IReadOnlyList<(long Offset, int Count)> ranges, CancellationToken cancellationToken);

    /// <summary>Who has it open for writing: addresses, for people.</summary>
    Task<IReadOnlyList<string>> ListWatchersAsync(CancellationToken cancellationToken);

    /// <summary>The clones of a snapshot, for people.</summary>
    Task<IReadOnlyList<string>> ListChildrenAsync(RbdSnapshot snapshot, CancellationToken cancellationToken);

    /// <summary>The group that it is in; null for none.</summary>
    Task<GroupPlace?> FindGroupAsync(CancellationToken cancellationToken);
}
