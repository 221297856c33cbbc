using StorageEngines.TarRsync.Capture;

namespace StorageEngines.TarRsync.Tests.Specification;

/// <summary>The fallback engine with all files of trees cut into fixed blocks.</summary>
public sealed class FixedFixture : TarRsyncFixture
{
    private protected override FileChunking Chunking => FileChunking.Fixed;
}
