using System.Buffers.Binary;

namespace StorageEngines.Specification;

/// <summary>Laws 18 and 19: a group is cut at one instant with the order of writes kept, or not at all. Law 4 from one group to the next.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class GroupTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const int MostSteps = 40;
    private const int Cuts = 20;

    private IGroupSnapshots Groups => Require<IGroupSnapshots>();

    /// <summary>Members of a group that failed half way were orphans that nobody could delete.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law18_A_group_that_fails_leaves_no_member(VolumeKind kind)
    {
        (BlockSubject one, BlockSubject two) = await PairAsync(kind, EngineCapability.Group);
        var missing = new VolumeRef(Engine.Name, "seng-test-no-such-volume");
        StorageEngineException failure = await FailsAsync(
            () => Groups.CreateAsync([one.Volume.Ref, two.Volume.Ref, missing], Fixture.NextName(), Cancel), "A group with a member that is not there");
        Assert.Equal(EngineStatus.NotFound, failure.Status);
        await AssertNoMemberAsync(one, two, "a member is missing");
    }

    /// <summary>Failed or cancelled at whatever step, no member is left.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="cancel">True to cancel at the step, false to fail there.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block, true)]
    [InlineData(VolumeKind.Block, false)]
    [InlineData(VolumeKind.Tree, true)]
    [InlineData(VolumeKind.Tree, false)]
    public async Task Law18_A_group_stopped_at_any_step_leaves_no_member(VolumeKind kind, bool cancel)
    {
        (BlockSubject one, BlockSubject two) = await PairAsync(kind, EngineCapability.Group);
        for (int step = 1; step <= MostSteps; step++)
        {
            using var source = new CancellationTokenSource();
            int seen = 0;
            async ValueTask StopAsync()
            {
                if (!cancel)
                {
                    throw new StorageEngineException(EngineStatus.Unavailable, EngineReason.None, Recovery.Retry, "The law stops the back end at this step.");
                }

                await source.CancelAsync();
            }

            Offered(Fixture.ObserveSteps(_ => ++seen == step ? StopAsync() : default), "the engine's steps");
            Exception? failure = await Record.ExceptionAsync(() => Groups.CreateAsync([one.Volume.Ref, two.Volume.Ref], Fixture.NextName(), source.Token));
            _ = Fixture.ObserveSteps(null);
            if (failure is null)
            {
                Assert.True(seen < step || cancel, $"The back end failed at step {step}, and the group was reported as made.");
                return;
            }

            await AssertNoMemberAsync(one, two, $"stopped at step {step} by {failure.GetType().Name}");
        }
    }

    /// <summary>Killed half way, no member is left once the engine is there again.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law18_A_group_killed_half_way_leaves_no_member(VolumeKind kind)
    {
        (BlockSubject one, BlockSubject two) = await PairAsync(kind, EngineCapability.Group);
        bool offered = await Fixture.CrashDuringGroupCreateAsync([one.Volume.Ref, two.Volume.Ref], Fixture.NextName(), Cancel);
        Offered(offered, "kill during the creation of a group");
        await AssertNoMemberAsync(one, two, "killed");
    }

    /// <summary>A write to A that returned before a write to B began is never missing where B's is there.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law19_A_group_never_holds_a_later_write_without_an_earlier_one(VolumeKind kind)
    {
        (BlockSubject one, BlockSubject two) = await PairAsync(kind, EngineCapability.Group | EngineCapability.ReadSnapshot);
        await using var writer = new BusyWriter(async number =>
        {
            await one.WriteAsync(0, Number(number));
            await two.WriteAsync(0, Number(number));
        });
        for (int cut = 0; cut < Cuts; cut++)
        {
            await writer.WaitForAsync(3);
            GroupSnapshotInfo group = await Groups.CreateAsync([one.Volume.Ref, two.Volume.Ref], Fixture.NextName(), Cancel);
            Assert.True(group.Complete, "A group that was just made is complete.");
            long first = Read(await one.ReadAsync(Member(group, one)));
            long second = Read(await two.ReadAsync(Member(group, two)));
            Assert.True(first == second || first == second + 1, $"Write {first} is on the first volume and write {second} on the second: not one instant.");
        }
    }

    /// <summary>A group is asked for again, found again, and deleted with all its members and no others.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_group_is_created_and_deleted_like_one_snapshot(VolumeKind kind)
    {
        (BlockSubject one, BlockSubject two) = await PairAsync(kind, EngineCapability.Group);
        SnapshotInfo alone = await one.SnapshotAsync();
        string name = Fixture.NextName();
        GroupSnapshotInfo first = await Groups.CreateAsync([one.Volume.Ref, two.Volume.Ref], name, Cancel);
        GroupSnapshotInfo again = await Groups.CreateAsync([one.Volume.Ref, two.Volume.Ref], name, Cancel);
        Assert.Equal(first.Id, again.Id);
        SnapshotRef[] members = [Member(first, one).Ref, Member(first, two).Ref];
        Assert.Equal<IEnumerable<SnapshotRef>>(members, [Member(again, one).Ref, Member(again, two).Ref]);
        Assert.Equal(first.Id, (await Snapshots.GetAsync(members[0], Cancel)).GroupId);
        StorageEngineException wrong = await FailsAsync(() => Groups.DeleteAsync(first.Id, [members[0]], Cancel), "Deleting a group with other members");
        Assert.Equal(EngineStatus.InvalidArgument, wrong.Status);
        Assert.Equal(2, (await Groups.GetAsync(first.Id, Cancel)).Members.Count);
        await Groups.DeleteAsync(first.Id, members, Cancel);
        await Groups.DeleteAsync(first.Id, members, Cancel);
        Assert.Equal(alone.Ref, Assert.Single(await ListAsync(one.Volume.Ref)).Ref);
        Assert.Empty(await ListAsync(two.Volume.Ref));
    }

    /// <summary>What is backed up as a group is backed up again as a group: each member is what the next difference begins with.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law04_Base_plus_delta_from_one_group_to_the_next_rebuilds_target(VolumeKind kind)
    {
        (BlockSubject one, BlockSubject two) = await PairAsync(kind, EngineCapability.Group | EngineCapability.Delta);
        int unit = await UnitAsync();
        var cuts = new List<(GroupSnapshotInfo Group, byte[] One, byte[] Two)>();
        for (int cut = 0; cut < 3; cut++)
        {
            await one.WriteAsync((cut * 3 * unit) + 7, Content(unit));
            await two.WriteAsync((15 - cut) * unit, Content(unit));
            _ = cut > 0 && await two.DiscardAsync((16 - cut) * unit, cut * unit);
            GroupSnapshotInfo group = await Groups.CreateAsync([one.Volume.Ref, two.Volume.Ref], Fixture.NextName(), Cancel);
            Assert.SkipWhen(Member(group, one).ChangeToken is null, "not declared: a member of a group as the base of a delta");
            cuts.Add((group, await one.LiveAsync(), await two.LiveAsync()));
        }

        foreach ((int from, int to) in one.Traits.NeedsAdjacentSnapshots ? new[] { (0, 1), (1, 2) } : [(0, 1), (1, 2), (0, 2)])
        {
            string what = $"from group {from} to group {to}";
            ExtentOracle.AssertRebuilds(cuts[from].One, cuts[to].One, await one.DeltaAsync(Member(cuts[from].Group, one), Member(cuts[to].Group, one)), $"{what}, the first member");
            ExtentOracle.AssertRebuilds(cuts[from].Two, cuts[to].Two, await two.DeltaAsync(Member(cuts[from].Group, two), Member(cuts[to].Group, two)), $"{what}, the second member");
        }
    }

    private static SnapshotInfo Member(GroupSnapshotInfo group, BlockSubject subject)
    {
        SnapshotInfo[] members = [.. group.Members.Where(member => member.Ref.Volume == subject.Volume.Ref)];
        return Assert.Single(members);
    }

    private static byte[] Number(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    private static long Read(byte[] bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes);

    private async Task<(BlockSubject One, BlockSubject Two)> PairAsync(VolumeKind kind, EngineCapability needed)
    {
        BlockSubject one = await SubjectAsync(kind, needed);
        BlockSubject two = await SubjectAsync(kind, needed);
        await one.WriteAsync(0, new byte[8]);
        await two.WriteAsync(0, new byte[8]);
        return (one, two);
    }

    private async Task AssertNoMemberAsync(BlockSubject one, BlockSubject two, string when)
    {
        List<SnapshotInfo> left = [.. await ListAsync(one.Volume.Ref), .. await ListAsync(two.Volume.Ref)];
        Assert.True(left.Count == 0, $"The group failed ({when}), and left {string.Join(", ", left.Select(snapshot => snapshot.Ref))}.");
    }
}
