namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>Groups under a writer.</summary>
public sealed class BtrfsGroupTests : GroupScene
{
    [Fact]
    public async Task Groups_under_a_writer_are_of_one_instant_and_of_one_transaction()
    {
        int cuts = int.TryParse(Environment.GetEnvironmentVariable("SENG_BTRFS_GROUPS"), out int wanted) ? wanted : 25;
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() => WriteAll(stop.Token), Cancel);
        try
        {
            for (int cut = 0; cut < cuts; cut++)
            {
                GroupSnapshotInfo group = await Groups.CreateAsync(Refs, "g", Cancel);
                AssertOneInstant(group, cut);
                await Groups.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref)], Cancel);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }
    }

    [Fact]
    public async Task A_name_that_is_taken_by_a_snapshot_of_its_own_is_refused()
    {
        await Engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(Members[1].Ref, "taken"), Cancel);
        StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(
            () => Groups.CreateAsync(Refs, "taken", Cancel));
        Assert.Equal((EngineStatus.AlreadyExists, EngineReason.NameTaken), (failure.Status, failure.Reason));
    }
}
