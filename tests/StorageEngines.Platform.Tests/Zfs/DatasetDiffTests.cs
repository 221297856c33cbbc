using System.Globalization;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What changed in a dataset, against a walk of both snapshots; what <c>zfs diff</c> alone gets wrong among it.</summary>
/// <param name="fixture">A pool.</param>
[Trait("Length", "long")]
public sealed class DatasetDiffTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="options">How the dataset is made.</param>
    /// <param name="before">Done before the base.</param>
    /// <param name="after">Done before the target.</param>
    [Theory]
    [InlineData("", "echo one >a; mkdir d; echo two >d/b", "echo more >>a; mv d/b d/c; echo x >>d/c; chmod 600 d")]
    [InlineData("", "mkdir d; echo 1 >d/a; ln d/a d/l; mkdir e; ln d/a e/far", "echo 2 >>d/a; ln d/a e/farther; unlink d/l")]
    [InlineData("", "for i in $(seq 40); do echo $i >f$i; done", "rm f3 f4 f5; echo new >g1; echo new >g2; echo newer >g3; mkdir g4; chmod 600 f7; touch -d @5 f9; mv f11 f12")]
    [InlineData("-o recordsize=16K", "head -c 200000 /dev/urandom >big; cp big cut; cp big grow; head -c 100 big >small", "zfs set recordsize=64K $N; echo x >>small; head -c 5000 big >>small; truncate -s 1000 cut; truncate -s 900000 grow; fallocate -p -o 16384 -l 50000 big; head -c 300000 /dev/urandom >new")]
    [InlineData("-o xattr=dir", "echo a >a; setfattr -n user.k -v 1 a; mkdir d; setfattr -n user.k -v 1 d; echo b >b", "setfattr -n user.k -v 22 a; setfattr -n user.j -v 3 d; setfattr -n user.q -v 1 b; touch -r b -d @9 a")]
    [InlineData("-o xattr=sa", "echo a >a; setfattr -n user.k -v 1 a; mkdir d; setfattr -n user.k -v 1 d; echo b >b", "setfattr -n user.k -v 22 a; setfattr -x user.k d; setfattr -n user.big -v $(head -c 5000 /dev/zero | tr '\\0' x) b")]
    [InlineData("", "mkdir -p full/deep second/deep; echo 1 >full/deep/c; echo 2 >second/deep/c; echo 3 >second/deep/e", "rm -r full; mv second full; mkfifo pipe; mknod null c 1 3; ln -s x link")]
    [InlineData("", "mkdir -p a/b/c/d; echo 1 >a/b/c/d/f; echo 2 >a/b/g; mknod dev c 1 3", "mv a z; echo 3 >>z/b/c/d/f; mkdir a; mv z/b/c a/c2; rm dev; mknod dev c 1 5")]
    [InlineData("-o mountpoint=none", "", "")]
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
