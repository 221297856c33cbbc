namespace StorageEngines.TarRsync.Tests.Golden;

/// <summary>Format 2: chunks by content, fast hashes, Zstandard.</summary>
public sealed class GoldenStoreV2Tests() : GoldenStoreTests("store-v2")
{
    protected override void CheckFramed(IReadOnlyList<Extent> extents)
    {
        Extent one = Assert.Single(extents);
        Assert.True(one.Offset <= 8_519_680 && one.End >= 8_519_685 && one.Length <= 3 << 18, $"{one}");
    }
}
