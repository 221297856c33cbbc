using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Capture;

/// <summary>What a file held in the snapshot before, to compare with while it is read again. The default value is nothing.</summary>
/// <param name="Content">Its blocks; their manifest stays open meanwhile.</param>
/// <param name="Size">Its size in bytes.</param>
internal readonly record struct PreviousContent(FileContent Content, long Size)
{
    /// <summary>A copy that does not share the reader's buffers.</summary>
    internal static PreviousContent Of(in ManifestEntry entry) => new(new FileContent(entry.Content.Encoded.ToArray(), entry.Content.Owner), entry.Size);
}
