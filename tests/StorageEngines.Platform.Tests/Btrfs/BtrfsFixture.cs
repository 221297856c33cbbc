using StorageEngines.Btrfs;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>The Btrfs engine for the laws, on a file system in a loop device.</summary>
public class BtrfsFixture : EngineFixture
{
    private BtrfsLoop? _system;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Tree];

    public override IReadOnlyList<LawWaiver> Waivers => [];

    public override long? CommandCount => 0;

    private string Mount => _system?.Mount ?? throw new InvalidOperationException("Nothing is mounted yet.");

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken) => new(new BtrfsStorageEngine(null));

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
        => await ResolveAsync(_system!.MakeSubvolume(NextName()), cancellationToken);

    public override BytePath? NewLocation(VolumeKind kind) => BytePath.FromString(Path.Combine(Mount, NextName()));

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string target = Path.Combine(Mount, NextName());
        Directory.Move(volume.Info.Location.ToString(), target);
        return await ResolveAsync(target, cancellationToken);
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string path = volume.Info.Location.ToString();
        BtrfsLoop.Btrfs("subvolume", "delete", path);
        BtrfsLoop.Btrfs("subvolume", "create", path);
        return await ResolveAsync(path, cancellationToken);
    }

    // Whatever is not a whole snapshot in a snapshot directory, and temporary names anywhere beside the volumes.
    public override ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken)
    {
        string root = Path.Combine(Mount, ".seng-snapshots");
        long halves = !Directory.Exists(root) ? 0
            : Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories).LongCount(home => !Directory.Exists(Path.Combine(home, "data")));
        return new(halves + Directory.EnumerateFileSystemEntries(Mount, ".seng-tmp-*").LongCount());
    }

    protected override ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        _system = BtrfsLoop.MakeOrSkip();
        return default;
    }

    protected override ValueTask CleanUpAsync()
    {
        _system?.Dispose();
        return default;
    }

    /// <summary>Writes to a volume.</summary>
    protected virtual ITreeVolumeWriter Writer(BytePath root) => new DirectoryVolumeWriter(root);

    private async Task<TestVolume> ResolveAsync(string path, CancellationToken cancellationToken)
    {
        BytePath location = BytePath.FromString(path);
        return new TestVolume(await Engine.ResolveVolumeAsync(location, cancellationToken), Writer(location));
    }
}

/// <summary>
/// The same with writes that are durable when they return. Between volumes Btrfs keeps the order of such writes only, as a loss of power does: each member's cut writes back
/// the page cache of its own volume, one a little later than the other.
/// </summary>
public sealed class DurableBtrfsFixture : BtrfsFixture
{
    protected override ITreeVolumeWriter Writer(BytePath root) => new DurableVolumeWriter(root);
}
