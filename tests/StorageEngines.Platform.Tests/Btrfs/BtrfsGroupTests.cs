using System.Buffers.Binary;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>Groups under a writer that writes one number to each volume in turn, and makes each durable (O_DSYNC) before the next: the order that a loss of power keeps.</summary>
public sealed class BtrfsGroupTests : IAsyncLifetime
{
    private const int Volumes = 4;

    private readonly BtrfsLoop _system = BtrfsLoop.MakeOrSkip();
    private readonly BtrfsStorageEngine _engine = new(null);
    private readonly List<VolumeInfo> _volumes = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (int i = 0; i < Volumes; i++)
        {
            _volumes.Add(await _engine.ResolveVolumeAsync(BytePath.FromString(_system.MakeSubvolume($"seng-test-{i}")), Cancel));
            Write(i, 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _system.Dispose();
    }

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
                GroupSnapshotInfo group = await _engine.Feature<IGroupSnapshots>()!.CreateAsync([.. _volumes.Select(each => each.Ref)], "g", Cancel);
                Assert.Equal(Volumes, group.Members.Count);
                long[] seen = [.. _volumes.Select(volume => Read(group.Members.Single(member => member.Ref.Volume == volume.Ref)))];
                for (int i = 1; i < Volumes; i++)
                {
                    Assert.True(seen[i] <= seen[i - 1] && seen[i] >= seen[0] - 1, $"Cut {cut}: {string.Join(' ', seen)}.");
                }

                await _engine.Feature<IGroupSnapshots>()!.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref)], Cancel);
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
        await _engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_volumes[1].Ref, "taken"), Cancel);
        StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(
            () => _engine.Feature<IGroupSnapshots>()!.CreateAsync([.. _volumes.Select(each => each.Ref)], "taken", Cancel));
        Assert.Equal((EngineStatus.AlreadyExists, EngineReason.NameTaken), (failure.Status, failure.Reason));
    }

    private void WriteAll(CancellationToken stop)
    {
        for (long number = 1; !stop.IsCancellationRequested; number++)
        {
            for (int i = 0; i < Volumes; i++)
            {
                Write(i, number);
            }
        }
    }

    private void Write(int volume, long number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        using var file = new FileStream(Path.Combine(_volumes[volume].Location.ToString(), "f"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, 0, FileOptions.WriteThrough);
        file.Write(bytes);
    }

    private long Read(SnapshotInfo member)
    {
        using Stream stream = _engine.Feature<ISnapshotReader>()!.OpenReadAsync(member.Ref, BytePath.FromString("f"), Cancel).AsTask().Result;
        byte[] bytes = new byte[8];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
