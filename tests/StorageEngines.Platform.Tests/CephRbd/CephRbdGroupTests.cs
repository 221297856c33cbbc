using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>What changed from one snapshot of a group to the next, of each of its images; and what is said where librbd is too old to tell.</summary>
public sealed class CephRbdGroupTests
{
    private const int Object = 4 << 20;
    private const int Images = 3;
    private const int Cuts = 4;

    private readonly List<TestImage> _images = [];
    private readonly List<(SnapshotInfo[] Members, byte[][] Bytes)> _cuts = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hybrid")]
    [InlineData("exact")]
    [InlineData("whole-object")]
    public async Task An_increment_between_two_snapshots_of_a_group_brings_every_member(string mode)
    {
        RequireIncrements();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(mode: mode);
        await PlayAsync(scene);
        List<string> modes = [];
        foreach ((int image, int from, int to) in Pairs())
        {
            ExtentAnswer answer = await DeltaAsync(scene, image, from, to);
            modes.Add(answer.Batches[0].Mode!);
            ExtentOracle.AssertRebuilds(_cuts[from].Bytes[image], _cuts[to].Bytes[image], answer, $"image {image}, {from} to {to}, {modes[^1]}");
            ExtentOracle.AssertZeroesAreZero(_cuts[to].Bytes[image], answer);
        }

        Assert.Contains(mode, modes); // Proved at least once; without a proof it is exact.
        Assert.All(modes, each => Assert.Contains(each, new[] { mode, "exact" }));
    }

    [Fact]
    public async Task Streams_between_snapshots_of_a_group_bring_its_images_elsewhere()
    {
        RequireIncrements();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        await PlayAsync(scene);
        for (int image = 0; image < Images; image++)
        {
            TestImage copy = await scene.CreateAsync(Object);
            for (int cut = 0; cut < Cuts; cut++)
            {
                SnapshotInfo to = _cuts[cut].Members[image];
                await scene.ApplyAsync(await scene.ExportAsync(cut == 0 ? null : _cuts[cut - 1].Members[image], to), copy);
                await scene.RequireContentAsync(_cuts[cut].Bytes[image], copy, to.Ref.Name!);
            }
        }
    }

    /// <summary>Of a snapshot that another program cut nothing is proved, so that the object maps are not believed.</summary>
    [Fact]
    public async Task A_group_that_others_cut_is_compared_exactly()
    {
        RequireIncrements();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        await PlayAsync(scene, byOthers: true);
        foreach ((int image, int from, int to) in Pairs())
        {
            ExtentAnswer answer = await DeltaAsync(scene, image, from, to);
            Assert.Equal("exact", answer.Batches[0].Mode);
            ExtentOracle.AssertRebuilds(_cuts[from].Bytes[image], _cuts[to].Bytes[image], answer, $"image {image}, {from} to {to}");
        }
    }

    /// <summary>The images' own snapshots and those of the group are of one lineage.</summary>
    [Fact]
    public async Task From_a_snapshot_of_a_group_to_one_of_the_image_and_back()
    {
        RequireIncrements();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        await PlayAsync(scene);
        TestImage image = _images[0];
        await image.Writer.WriteAsync(Object / 2, new byte[] { 7 }, Cancel);
        SnapshotInfo own = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "own"), Cancel);
        _cuts.Add(([own], [await image.Writer.ReadAsync(Cancel)]));
        await image.Writer.WriteAsync(Object * 2, new byte[] { 8 }, Cancel);
        await CutAsync(scene, byOthers: false);
        foreach ((int from, int to) in new[] { (Cuts - 1, Cuts), (Cuts, Cuts + 1), (0, Cuts), (Cuts - 1, Cuts + 1) })
        {
            ExtentOracle.AssertRebuilds(_cuts[from].Bytes[0], _cuts[to].Bytes[0], await DeltaAsync(scene, 0, from, to), $"{from} to {to}");
        }
    }

    /// <summary>All is rolled back to a snapshot that is older than the base, whose object map says that nothing changed.</summary>
    [Fact]
    public async Task A_roll_back_of_a_group_past_the_base_is_not_missed()
    {
        RequireIncrements();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        await PlayAsync(scene);
        await CutAsync(scene, byOthers: false);
        string group = (await scene.RbdAsync("group", "ls", scene.Space)).Trim();
        await _images[0].Writer.WriteAsync(0, new byte[] { 1, 2, 3 }, Cancel);
        await CutAsync(scene, byOthers: false);
        await scene.RbdAsync("group", "snap", "rollback", "--no-progress", $"{scene.Space}/{group}@{_cuts[Cuts].Members[0].Ref.Name}");
        await CutAsync(scene, byOthers: false);
        ExtentAnswer answer = await DeltaAsync(scene, 0, Cuts + 1, Cuts + 2);
        Assert.Equal("exact", answer.Batches[0].Mode);
        ExtentOracle.AssertRebuilds(_cuts[Cuts + 1].Bytes[0], _cuts[Cuts + 2].Bytes[0], answer, "rolled back");
    }

    [Fact]
    public async Task Nothing_is_noted_any_more_of_a_group_that_was_deleted()
    {
        RequireIncrements();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        await PlayAsync(scene);
        Assert.Contains(".witness.", await scene.RbdAsync("image-meta", "ls", _images[0].Path), StringComparison.Ordinal);
        foreach ((SnapshotInfo[] members, _) in _cuts)
        {
            await scene.Groups.DeleteAsync(members[0].GroupId!, [.. members.Select(each => each.Ref)], Cancel);
        }

        foreach (TestImage image in _images)
        {
            Assert.DoesNotContain("seng.", await scene.RbdAsync("image-meta", "ls", image.Path), StringComparison.Ordinal);
        }

        Assert.Empty((await scene.RbdAsync("group", "ls", scene.Space)).Trim());
    }

    /// <summary>The program <c>rbd</c> cannot tell at all, librbd before 18.2.5 neither; then a member has no token, and one that came from elsewhere is refused.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_it_cannot_be_told_a_member_is_refused_as_the_base(bool byProgram)
    {
        Assert.SkipWhen(!byProgram && CephLibraries.Has(Rbd.DiffByIdFunction), "needs librbd before 18.2.5: this one can tell");
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        await PlayAsync(scene);
        SnapshotInfo from = _cuts[0].Members[0], to = _cuts[1].Members[0];
        Assert.Null(from.ChangeToken);
        Assert.True(ImageKey.TryParse(from.Ref.Volume.Id, out ImageKey? key));
        var token = new ChangeToken("ceph-rbd", from.Ref.Volume.Id, key.Image, from.Ref.Id);
        var refused = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => ExtentAnswer.CollectAsync(scene.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(token, to.Ref), Cancel)));
        Assert.Equal((EngineReason.ChangeTrackingOff, Recovery.TakeFull), (refused.Reason, refused.Recovery));
        Assert.Contains("18.2.5", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => scene.Differentials.PlanAsync(token, to.Ref, null, Cancel));
        Assert.Equal(EngineReason.ChangeTrackingOff, refused.Reason);
    }

    private static void RequireIncrements() => Assert.SkipUnless(CephLibraries.Has(Rbd.DiffByIdFunction), "needs librbd 18.2.5 or later: increments between snapshots of groups");

    private static IEnumerable<(int Image, int From, int To)> Pairs()
        => from image in Enumerable.Range(0, Images) from to in Enumerable.Range(1, Cuts - 1) from start in Enumerable.Range(0, to) select (image, start, to);

    private Task<ExtentAnswer> DeltaAsync(DifferenceScene scene, int image, int from, int to) => ExtentAnswer.CollectAsync(
        scene.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(_cuts[from].Members[image].ChangeToken!, _cuts[to].Members[image].Ref), Cancel));

    // Three images of different kinds, all written to between the snapshots; the last is given another size.
    private async Task PlayAsync(DifferenceScene scene, bool byOthers = false)
    {
        var random = new Random(Images);
        _images.AddRange([await scene.CreateAsync(5 * Object), await scene.CreateAsync((4 * Object) + 12_345), await scene.CreateAsync(6 * Object, "--stripe-unit", "65536", "--stripe-count", "2")]);
        if (byOthers)
        {
            await scene.RbdAsync("group", "create", $"{scene.Space}/theirs");
            foreach (TestImage image in _images)
            {
                await scene.RbdAsync("group", "image", "add", $"{scene.Space}/theirs", image.Path);
            }
        }

        for (int cut = 0; cut < Cuts; cut++)
        {
            foreach (TestImage image in _images)
            {
                byte[] bytes = new byte[random.Next(1, 200_000)];
                random.NextBytes(bytes);
                await image.Writer.WriteAsync(cut * Object, bytes, Cancel);
                await image.Writer.WriteAsync(random.Next(4 * Object), bytes.AsMemory(0, 1), Cancel);
            }

            await _images[0].Writer.DiscardAsync((cut + 3) % 5 * Object, Object, Cancel);
            await _images[1].Writer.ResizeAsync((4 * Object) + (cut % 2 * 100_000), Cancel);
            await CutAsync(scene, byOthers);
        }
    }

    private async Task CutAsync(DifferenceScene scene, bool byOthers)
    {
        string name = $"cut{_cuts.Count}";
        if (byOthers)
        {
            await scene.RbdAsync("group", "snap", "create", $"{scene.Space}/theirs@{name}");
        }

        GroupSnapshotInfo group = await scene.Groups.CreateAsync([.. _images.Select(each => each.Ref)], name, Cancel);
        Assert.True(group.Complete);
        byte[][] bytes = await Task.WhenAll(_images.Select(each => each.Writer.ReadAsync(Cancel).AsTask()));
        _cuts.Add(([.. _images.Select(image => group.Members.Single(each => each.Ref.Volume == image.Ref))], bytes));
    }
}
