using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>What the capture of one volume works with.</summary>
/// <param name="Writer">Takes blocks and entries.</param>
/// <param name="Previous">The manifest to compare with, from its start, or null.</param>
/// <param name="Meter">Counts what is read.</param>
/// <param name="Settling">When a ctime can be trusted.</param>
/// <param name="Warnings">Takes what a person should know.</param>
/// <param name="Chunking">How the files of a tree are cut.</param>
/// <param name="Progress">Told how far it is, or null.</param>
/// <param name="Reflink">Whether an image file, or a large file of a tree, becomes a clone.</param>
/// <param name="CloneFrom">A file of a tree whose data takes so many bytes is large.</param>
internal sealed record CaptureContext(
    SnapshotWriter Writer,
    ManifestReader? Previous,
    IVolumeReadMeter Meter,
    ReadSettling Settling,
    CaptureWarnings Warnings,
    FileChunking Chunking,
    IProgress<OperationProgress>? Progress,
    ReflinkMode Reflink = ReflinkMode.Never,
    long CloneFrom = CaptureChoices.UsualCloneFrom)
{
    /// <summary>Takes the large files of a tree as clones.</summary>
    internal TreeClones Clones { get; } = new(CloneFrom, Reflink, Writer, Warnings);

    /// <summary>Reads a sample of what is judged unchanged; null for none.</summary>
    internal Recheck? Recheck { get; init; }
}
