using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>What the user chose about how snapshots are taken.</summary>
/// <param name="Chunking">How the files of trees are cut.</param>
/// <param name="Reflink">Whether an image file becomes a clone.</param>
/// <param name="Walk">How a tree's statuses are had.</param>
/// <param name="BulkUnsettledSeconds">See <see cref="BulkChoice.UnsettledSeconds"/>; for tests. Default: that.</param>
internal readonly record struct CaptureChoices(FileChunking Chunking, ReflinkMode Reflink, WalkMode Walk = WalkMode.Auto, int? BulkUnsettledSeconds = null);
