using System.Buffers.Binary;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>
/// Volumes of one file system, and a writer that writes one number to each of them in turn and makes each durable (O_DSYNC) before the next: the order that a loss of power
/// keeps.
/// </summary>
public abstract class GroupScene : IAsyncLifetime
{
    private protected const int Volumes = 4;

    private readonly List<VolumeInfo> _volumes = [];

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected BtrfsLoop Loop { get; } = BtrfsLoop.MakeOrSkip();

    private protected BtrfsStorageEngine Engine { get; } = new(null);

    private protected IReadOnlyList<VolumeInfo> Members => _volumes;

    private protected List<VolumeRef> Refs => [.. _volumes.Select(each => each.Ref)];

    private protected IGroupSnapshots Groups => Engine.Feature<IGroupSnapshots>()!;

    public async ValueTask InitializeAsync()
    {
        for (int i = 0; i < Volumes; i++)
        {
            _volumes.Add(await Engine.ResolveVolumeAsync(BytePath.FromString(Loop.MakeSubvolume($"seng-test-{i}")), Cancel));
            Write(i, 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Engine.DisposeAsync();
        Loop.Dispose();
    }

    private protected void WriteAll(CancellationToken stop)
    {
        for (long number = 1; !stop.IsCancellationRequested; number++)
        {
            for (int i = 0; i < Volumes; i++)
            {
                Write(i, number);
            }
        }
    }

    /// <summary>No volume may have a number before the one that is written first, and none may be two behind it.</summary>
    private protected void AssertOneInstant(GroupSnapshotInfo group, int cut)
    {
        Assert.Equal(Volumes, group.Members.Count);
        long[] seen = [.. _volumes.Select(volume => Read(group.Members.Single(member => member.Ref.Volume == volume.Ref)))];
        for (int i = 1; i < Volumes; i++)
        {
            Assert.True(seen[i] <= seen[i - 1] && seen[i] >= seen[0] - 1, $"Cut {cut}: {string.Join(' ', seen)}.");
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
        using Stream stream = Engine.Feature<ISnapshotReader>()!.OpenReadAsync(member.Ref, BytePath.FromString("f"), Cancel).AsTask().Result;
        byte[] bytes = new byte[8];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
