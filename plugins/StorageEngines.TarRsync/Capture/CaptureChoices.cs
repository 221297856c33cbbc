using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Capture;

/// <summary>What the user chose about how snapshots are taken.</summary>
/// <param name="Chunking">How the files of trees are cut.</param>
/// <param name="Reflink">Whether an image file becomes a clone.</param>
internal readonly record struct CaptureChoices(FileChunking Chunking, ReflinkMode Reflink);
