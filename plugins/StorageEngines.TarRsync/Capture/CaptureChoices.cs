using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>What the user chose about how snapshots are taken.</summary>
/// <param name="Chunking">How the files of trees are cut.</param>
/// <param name="Reflink">Whether an image file, or a large file of a tree, becomes a clone.</param>
/// <param name="Walk">How a tree's statuses are had.</param>
/// <param name="BulkUnsettledSeconds">See <see cref="BulkChoice.UnsettledSeconds"/>; for tests. Default: that.</param>
/// <param name="CloneFrom">A file of a tree whose data takes so many bytes is large; 1 or more.</param>
internal readonly record struct CaptureChoices(
    FileChunking Chunking, ReflinkMode Reflink, WalkMode Walk = WalkMode.Auto, int? BulkUnsettledSeconds = null, long CloneFrom = CaptureChoices.UsualCloneFrom)
{
    /// <summary>16 MiB: below, reading a file costs little more than making another one durable, and blocks of small files are found again elsewhere.</summary>
    internal const long UsualCloneFrom = 16 << 20;
}
