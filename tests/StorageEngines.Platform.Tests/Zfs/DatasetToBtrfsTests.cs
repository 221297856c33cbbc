using System.Globalization;
using System.Text;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What a dataset held is put on a Btrfs of this machine by the portable tree format, and stays what the dataset holds.</summary>
/// <param name="fixture">A pool.</param>
[Trait("Length", "long")]
public sealed class DatasetToBtrfsTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_base_and_the_difference_are_the_dataset_on_Btrfs()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip();
        string name = fixture.Pool.NextName();
        await fixture.Pool.RunAsync($"zfs create {name}; cd /{name}; mkdir d e; head -c 300000 /dev/urandom >big; head -c 100 big >d/a; ln d/a e/l; ln -s d/a s; echo gone >e/gone; setfattr -n user.k -v 1 d/a", Token);
        var snapshots = fixture.Engine.Feature<ISnapshots>()!;
        VolumeRef volume = (await fixture.Engine.ResolveVolumeAsync(BytePath.FromString(name), Token)).Ref;
        SnapshotInfo before = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "one"), Token);
        await fixture.Pool.RunAsync($"cd /{name}; printf x | dd of=big bs=1 seek=150000 conv=notrunc status=none; mv d/a d/b; echo more >>d/b; rm e/gone; mv e f; truncate -s 200000 big; chmod 700 d; setfattr -n user.k -v 2 d/b", Token);
        SnapshotInfo after = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "two"), Token);

        using var stream = new MemoryStream();
        await TreeDifferential.ExportAsync(fixture.Engine, before, after, stream, DifferentialFormat.BtrfsSend, null, Token);
        string copy = Path.Combine(loop.Mount, "copy"), state = Path.Combine(loop.Mount, "state");
        await TreeRestore.RestoreAsync(fixture.Engine, before, BytePath.FromString(copy), new RestoreOptions { StateDirectory = state }, Token);
        stream.Position = 0;
        await TreeDifferential.ApplyAsync(stream, BytePath.FromString(copy), new ApplyOptions { StateDirectory = state }, Token);

        TreeImage image = await TreeImage.ReadAsync(fixture.Engine, after.Ref, Token);
        Assert.Equal(["big", "d", "d/b", "f", "f/l", "s"], image.Nodes.Keys.Where(path => !path.IsRoot).Select(path => path.ToString()));
        Assert.Equal(image.Nodes.Count - 1, Directory.GetFileSystemEntries(copy, "*", SearchOption.AllDirectories).Length);
        foreach ((BytePath path, TreeNode node) in image.Nodes.Where(pair => !pair.Key.IsRoot))
        {
            string place = Path.Combine(copy, path.ToString());
            if (node.Entry.Type == TreeEntryType.SymbolicLink)
            {
                Assert.Equal(Encoding.UTF8.GetString(node.Entry.LinkTarget.Span), new FileInfo(place).LinkTarget);
                continue;
            }

            if (node.Entry.Type == TreeEntryType.File)
            {
                Assert.Equal(node.Content, await File.ReadAllBytesAsync(place, Token));
                long ticks = (File.GetLastWriteTimeUtc(place) - DateTime.UnixEpoch).Ticks;
                Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{path} {node.Entry.ModifiedAt.Seconds}"), string.Create(CultureInfo.InvariantCulture, $"{path} {ticks / TimeSpan.TicksPerSecond}"));
            }
        }
    }
}
