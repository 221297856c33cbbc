using StorageEngines.TarRsync.Tests.Reflink;

namespace StorageEngines.TarRsync.Tests.Specification;

/// <summary>
/// Volumes beside a store on a file system that shares blocks: every snapshot of an image is a clone, and every file of a tree that holds data is one.
/// </summary>
public abstract class ReflinkFixture : TarRsyncFixture
{
    private LoopFileSystem? _system;

    /// <summary>The file system, and options to mount it with.</summary>
    protected abstract string Kind { get; }

    protected override string WorkDirectory => _system?.Mount ?? throw new InvalidOperationException("Nothing is mounted yet.");

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
        => new(new TarRsyncStorageEngine(
            Path.Combine(WorkDirectory, "store"), TimeProvider.System, Meter, reflink: TarRsync.Reflink.ReflinkMode.Always, cloneFrom: 1));

    protected override ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        _system = LoopFileSystem.MakeOrSkip(Kind);
        return default;
    }

    protected override ValueTask CleanUpAsync()
    {
        _system?.Dispose();
        return default;
    }
}

/// <summary>XFS.</summary>
public sealed class XfsReflinkFixture : ReflinkFixture
{
    protected override string Kind => "xfs";
}

/// <summary>Btrfs.</summary>
public sealed class BtrfsReflinkFixture : ReflinkFixture
{
    protected override string Kind => "btrfs";
}

/// <summary>Btrfs that compresses everything, where an equal place is no proof of equal data.</summary>
public sealed class CompressedReflinkFixture : ReflinkFixture
{
    protected override string Kind => "btrfs,compress-force=zstd";
}
