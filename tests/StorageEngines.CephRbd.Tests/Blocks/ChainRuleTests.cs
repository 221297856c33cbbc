using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Blocks;

public sealed class ChainRuleTests
{
    private const RbdFeatures All = RbdFeatures.Layering | RbdFeatures.ExclusiveLock | RbdFeatures.ObjectMap | RbdFeatures.FastDiff;

    [Fact]
    public void Nothing_speaks_against_snapshots_of_one_size()
    {
        ImageState state = State(All, (1, 100, SnapshotSpace.User), (2, 100, SnapshotSpace.Group), (3, 100, SnapshotSpace.Mirror), (4, 100, SnapshotSpace.User));
        Assert.Null(ChainRule.WhyNot(state, ChainRule.Between(state, state.Snapshots[0], state.Snapshots[3])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    public void Without_a_map_it_is_not_asked(int features)
    {
        ImageState state = State((RbdFeatures)features, (1, 100, SnapshotSpace.User), (2, 100, SnapshotSpace.User));
        Assert.NotNull(ChainRule.WhyNot(state, ChainRule.Between(state, state.Snapshots[0], state.Snapshots[1])));
    }

    [Fact]
    public void Another_size_in_between_counts_whoever_owns_it_and_one_outside_does_not()
    {
        ImageState state = State(All, (1, 50, SnapshotSpace.User), (2, 100, SnapshotSpace.User), (3, 60, SnapshotSpace.Mirror), (4, 100, SnapshotSpace.User), (5, 100, SnapshotSpace.User), (6, 70, SnapshotSpace.User));
        Assert.NotNull(ChainRule.WhyNot(state, ChainRule.Between(state, state.Snapshots[1], state.Snapshots[3])));
        Assert.Null(ChainRule.WhyNot(state, ChainRule.Between(state, state.Snapshots[3], state.Snapshots[4])));
    }

    [Fact]
    public void A_snapshot_in_the_trash_counts()
    {
        ImageState state = State(All, (1, 100, SnapshotSpace.User), (2, 100, SnapshotSpace.Trash), (3, 100, SnapshotSpace.User));
        Assert.NotNull(ChainRule.WhyNot(state, ChainRule.Between(state, state.Snapshots[0], state.Snapshots[2])));
    }

    [Fact]
    public void From_the_beginning_of_time_all_older_snapshots_count()
    {
        ImageState state = State(All, (1, 50, SnapshotSpace.User), (2, 100, SnapshotSpace.User));
        Assert.NotNull(ChainRule.WhyNot(state, ChainRule.Between(state, null, state.Snapshots[1])));
        Assert.Null(ChainRule.WhyNot(state, ChainRule.Between(state, null, state.Snapshots[0])));
    }

    private static ImageState State(RbdFeatures features, params (ulong Id, long Size, SnapshotSpace Space)[] snapshots) => new(
        new RbdImage(new ImageKey("f", 1, "", "i"), new ImagePath("rbd", "", "i"), 100, 10, 1, features),
        [.. snapshots.Select(each => new RbdSnapshot(each.Id, $"s{each.Id}", each.Size, each.Space, DateTimeOffset.UnixEpoch, false, null))]);
}
