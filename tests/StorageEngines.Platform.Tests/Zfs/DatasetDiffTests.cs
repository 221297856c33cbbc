using System.Globalization;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What changed in a dataset, against a walk of both snapshots; what <c>zfs diff</c> alone gets wrong among it.</summary>
/// <param name="fixture">A pool.</param>
public sealed class DatasetDiffTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="options">How the dataset is made.</param>
    /// <param name="before">Done before the base.</param>
    /// <param name="after">Done before the target.</param>
    [Theory]
    [InlineData("", "echo one >a; mkdir d; echo two >d/b", "echo more >>a; mv d/b d/c; echo x >>d/c; chmod 600 d")]
    [InlineData("", "mkdir d; echo 1 >d/a; ln d/a d/l; mkdir e; ln d/a e/far", "echo 2 >>d/a; ln d/a e/farther; unlink d/l")]
    public async Task The_difference_is_what_a_walk_of_both_finds(string options, string before, string after)
    {
        string name = await MakeAsync(options);
        string place = options.Contains("none", StringComparison.Ordinal) ? "/" : $"/{name}";
        await PlayAsync(name, place, before);
        SnapshotInfo one = await SnapshotAsync(name, "one");
        await PlayAsync(name, place, after);
        SnapshotInfo two = await SnapshotAsync(name, "two");
        await AssertAsync(one, two);
    }

    [Fact]
    public async Task A_dataset_that_is_not_mounted_is_read_and_compared()
    {
        string name = await MakeAsync("");
        await PlayAsync(name, $"/{name}", "mkdir d; echo x >d/a; echo y >b");
        SnapshotInfo one = await SnapshotAsync(name, "one");
        await PlayAsync(name, $"/{name}", "echo z >>d/a; mv b d/b");
        SnapshotInfo two = await SnapshotAsync(name, "two");
        await fixture.Pool.RunAsync($"zfs unmount {name}; zfs set canmount=off {name}", Token);
        await AssertAsync(one, two);
        Assert.Equal("0\n", await fixture.Pool.RunAsync($"grep -c {name}@ /proc/mounts || :", Token));
    }

    private async Task<string> MakeAsync(string options)
    {
        string name = fixture.Pool.NextName();
        await fixture.Pool.RunAsync($"zfs create {options} {name}", Token);
        return name;
    }

    private Task PlayAsync(string name, string place, string script) => fixture.Pool.RunAsync($"N={name}; cd {place}; {script}", Token);

    private async Task<SnapshotInfo> SnapshotAsync(string name, string snapshot)
    {
        string[] ids = (await fixture.Pool.RunAsync($"zfs snapshot {name}@{snapshot}; zfs get -Hp -o value guid {name}; zfs get -Hp -o value guid,createtxg,creation {name}@{snapshot}", Token)).Split('\n');
        var volume = new VolumeRef("zfs", ids[0], name);
        return new SnapshotInfo(new SnapshotRef(volume, ids[1], snapshot), DateTimeOffset.FromUnixTimeSeconds(long.Parse(ids[3], CultureInfo.InvariantCulture)), 0, SnapshotState.Ready, Consistency.Crash)
        {
            ChangeToken = new ChangeToken("zfs", ids[0], ids[0], $"{ids[1]}.{ids[2]}.-"),
        };
    }

    private async Task<List<FileChange>> DiffAsync(SnapshotInfo one, SnapshotInfo two)
    {
        var changes = new List<FileChange>();
        await foreach (FileChange change in fixture.Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(one.ChangeToken!, two.Ref), Token))
        {
            changes.Add(change);
        }

        return changes;
    }

    private async Task AssertAsync(SnapshotInfo one, SnapshotInfo two)
    {
        TreeImage before = await TreeImage.ReadAsync(fixture.Engine, one.Ref, Token), after = await TreeImage.ReadAsync(fixture.Engine, two.Ref, Token);
        var replay = new Specification.TreeReplay(before, after, await DiffAsync(one, two), async change =>
        {
            var extents = new List<Extent>();
            var query = new DeltaQuery(one.ChangeToken!, two.Ref) { Path = change.Path, BasePath = change.OldPath };
            await foreach (Extent extent in fixture.Engine.Feature<IBlockMap>()!.DeltaAsync(query, Token).ToExtentsAsync(Token))
            {
                extents.Add(extent);
            }

            return extents;
        });
        await replay.AssertRebuildsAsync(exact: false);
    }
}
