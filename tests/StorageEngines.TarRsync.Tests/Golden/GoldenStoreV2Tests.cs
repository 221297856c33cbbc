namespace StorageEngines.TarRsync.Tests.Golden;

/// <summary>Format 2: chunks by content, fast hashes, Zstandard.</summary>
public sealed class GoldenStoreV2Tests() : GoldenStoreTests("store-v2")
{
    protected override IReadOnlyList<string> MoreChanges => ["chunks: Content"];

    // Behind the nine bytes that were put into "chunks", everything is at another place.
    protected override void CheckContent(string path, IReadOnlyList<Extent> extents)
    {
        Extent one = Assert.Single(extents);
        (long from, long to) = path == "chunks" ? (5_000_000, 11_000_010) : (8_519_680, 8_519_685);
        Assert.True(one.Offset <= from && one.End >= to && one.Length <= to - from + (2 << 18), $"{path} {one}");
    }
}
