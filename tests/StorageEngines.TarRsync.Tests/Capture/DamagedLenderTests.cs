namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>A new snapshot is compared with the newest manifest; if that is damaged, with an older one, and if none is whole, everything is read.</summary>
public sealed class DamagedLenderTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(-40)]
    public async Task A_damaged_newest_manifest_does_not_hinder_the_next_snapshot(int at)
    {
        using var scratch = new EngineScratch();
        for (int i = 0; i < 20; i++)
            scratch.Write($"d/f{i}", $"content of {i}");
        SnapshotInfo first = await scratch.SnapshotAsync("first");
        scratch.Write("d/f3", "other content of 3");
        SnapshotInfo second = await scratch.SnapshotAsync("second");
        Flip(scratch, second, at);
        scratch.ForgetReads();
        scratch.Write("d/f4", "other content of 4");

        SnapshotInfo third = await scratch.SnapshotAsync("third");
        Assert.Equal(["d/f3", "d/f4"], scratch.Opened.Distinct().Order());
        Assert.Contains("the manifest of 'second' is damaged", Assert.Single(third.Warnings), StringComparison.Ordinal);
        Assert.Equal(second.Ref.Id, third.ParentId);
        EngineScratch.AssertSame(scratch.Live, await scratch.CloneAsync(third, "clone"));

        Flip(scratch, third, at);
        Flip(scratch, first, at);
        scratch.ForgetReads();
        SnapshotInfo fourth = await scratch.SnapshotAsync("fourth");
        Assert.Equal(20, scratch.Opened.Distinct().Count());
        Assert.Equal(3, fourth.Warnings.Count);
        EngineScratch.AssertSame(scratch.Live, await scratch.CloneAsync(fourth, "clone2"));
    }

    private static void Flip(EngineScratch scratch, SnapshotInfo snapshot, int at)
    {
        string path = Path.Combine(scratch.Store, "manifests", snapshot.Ref.Id + ".manifest");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
