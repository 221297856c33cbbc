using StorageEngines.Platform.Tests.Portable;
using StorageEngines.TarRsync.Tests.Reflink;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What a zvol held is put into an image file on an ext4 of this machine by the portable block format, which <c>rbd</c> reads too.</summary>
/// <param name="fixture">A pool.</param>
public sealed class ZvolToImageTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_file_on_ext4_and_the_differences_are_the_zvol_and_rbd_merges_them()
    {
        RbdProgram rbd = RbdProgram.FindOrSkip();
        using LoopFileSystem ext4 = LoopFileSystem.MakeOrSkip("ext4", 256L << 20);
        ZvolScene zvol = await ZvolScene.CreateAsync(fixture.Pool, 24);
        var snapshots = fixture.Engine.Feature<ISnapshots>()!;
        VolumeRef volume = await zvol.RefAsync(fixture.Engine);
        await zvol.WriteAsync(0, 1, 2, 40, 700, 1500);
        SnapshotInfo first = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "one"), Token);
        await zvol.WriteAsync(1, 41, 900);
        await zvol.DiscardAsync(700, 1);
        SnapshotInfo second = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "two"), Token);
        await zvol.ResizeAsync(32);
        await zvol.WriteAsync(2, 41, 2000);
        await zvol.DiscardAsync(0, 1);
        SnapshotInfo third = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "three"), Token);
        byte[] content = await zvol.LiveAsync();

        string In(string name) => Path.Combine(ext4.Mount, name);
        await ExportAsync(null, first, In("full"));
        await ExportAsync(first, second, In("one-two"));
        await ExportAsync(second, third, In("two-three"));
        await ApplyAsync(In("image"), In("state"), In("full"), In("one-two"), In("two-three"));
        await AssertSameAsync(content, In("image"), "the image file is not what the zvol holds");

        await rbd.MergeAsync(In("full"), In("one-two"), In("merged-full"));
        await rbd.MergeAsync(In("one-two"), In("two-three"), In("merged"));
        await ApplyAsync(In("again"), In("state-2"), In("full"), In("merged"));
        await AssertSameAsync(content, In("again"), "what rbd merged does not give what the zvol holds");
        await ApplyAsync(In("third"), In("state-3"), In("merged-full"), In("two-three"));
        await AssertSameAsync(content, In("third"), "the whole that rbd merged does not give what the zvol holds");
    }

    private static async Task AssertSameAsync(byte[] content, string image, string message)
    {
        byte[] found = await File.ReadAllBytesAsync(image, Token);
        Assert.True(content.AsSpan().SequenceEqual(found), message);
    }

    private static async Task ApplyAsync(string image, string state, params string[] streams)
    {
        foreach (string each in streams)
        {
            await using FileStream stream = File.OpenRead(each);
            await BlockDifferential.ApplyAsync(stream, BytePath.FromString(image), new ApplyOptions { StateDirectory = state }, Token);
        }
    }

    private async Task ExportAsync(SnapshotInfo? from, SnapshotInfo to, string name)
    {
        await using FileStream output = File.Create(name);
        await BlockDifferential.ExportAsync(fixture.Engine, from, to, output, cancellationToken: Token);
    }
}
