using StorageEngines.TarRsync.Capture;

namespace StorageEngines.TarRsync.Tests.Specification;

/// <summary>The fallback engine with all files of trees cut by their content.</summary>
public sealed class ChunkedFixture : TarRsyncFixture
{
    private protected override FileChunking Chunking => FileChunking.ByContent;
}
