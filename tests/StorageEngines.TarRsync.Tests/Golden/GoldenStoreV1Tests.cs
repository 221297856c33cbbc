namespace StorageEngines.TarRsync.Tests.Golden;

/// <summary>Format 1: fixed blocks, Brotli.</summary>
public sealed class GoldenStoreV1Tests() : GoldenStoreTests("store-v1")
{
    protected override void CheckContent(string path, IReadOnlyList<Extent> extents) => Assert.Equal([new Extent(8_519_680, 65_536)], extents);
}
