using StorageEngines.Testing;

namespace StorageEngines.Tests.Groups;

public sealed class LeftoverSweeperTests
{
    private readonly InMemoryStorageEngine _engine = new();
    private readonly ISnapshots _snapshots;
    private readonly VolumeRef _volume;

    public LeftoverSweeperTests()
    {
        _snapshots = _engine.Feature<ISnapshots>()!;
        _volume = _engine.CreateBlockVolume("a", 8192).Ref;
    }

    [Fact]
    public async Task Only_old_leftovers_of_the_owner_go()
    {
        await Create("mine", "backup-1");
        await Create("other", "backup-2");
        await Create("unmarked", null);
        SnapshotInfo held = await Create("held", "backup-1");
        await _snapshots.HoldAsync(held.Ref, "somebody");
        SweepReport young = await LeftoverSweeper.SweepAsync(_engine, new SweepOptions { Owner = "backup-1" });
        Assert.Empty(young.Deleted);
        SweepReport report = await LeftoverSweeper.SweepAsync(_engine, new SweepOptions { Owner = "backup-1", Time = new Later() });
        Assert.Equal(["mine"], report.Deleted.Select(snapshot => snapshot.Name!));
        Assert.Equal(["other", "unmarked", "held"], await _snapshots.ListAsync(null).Select(snapshot => snapshot.Ref.Name!).ToArrayAsync());
    }

    [Fact]
    public async Task Without_an_owner_all_marked_ones_go()
    {
        await Create("mine", "backup-1");
        await Create("other", "backup-2");
        await Create("unmarked", null);
        Assert.Equal(2, (await LeftoverSweeper.SweepAsync(_engine, new SweepOptions { Time = new Later() })).Deleted.Count);
    }

    private Task<SnapshotInfo> Create(string name, string? owner)
    {
        var labels = new Dictionary<string, string>();
        if (owner is not null)
        {
            labels[LeftoverSweeper.OwnerLabel] = owner;
        }

        return _snapshots.CreateAsync(new CreateSnapshotRequest(_volume, name) { Labels = labels });
    }

    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromHours(25);
    }
}
