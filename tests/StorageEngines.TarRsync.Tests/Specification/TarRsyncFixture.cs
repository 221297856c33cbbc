using System.Text;
using StorageEngines.Posix;
using StorageEngines.Specification;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Restore;

namespace StorageEngines.TarRsync.Tests.Specification;

/// <summary>The fallback engine for the laws: directories and image files beside a store, all in a scratch directory.</summary>
public class TarRsyncFixture : EngineFixture
{
    private protected VolumeReadMeter Meter { get; } = new();

    /// <summary>How files are cut.</summary>
    private protected virtual FileChunking Chunking => FileChunking.Auto;

    /// <summary>Where store and volumes are.</summary>
    protected virtual string WorkDirectory => ScratchDirectory();

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block, VolumeKind.Tree];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new LawWaiver("GroupTestBase", "A walk reads one file after the other, so several volumes cannot be had at one instant."),
        new LawWaiver("DifferentialTestBase", "The engine has no stream of its own; the portable formats are made from its file diff and block map."),
    ];

    public override int ManySnapshots => 200; // Each one is made durable, which takes tens of milliseconds on a slow disk.

    public override long? CommandCount => 0;

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
        => new(new TarRsyncStorageEngine(Path.Combine(WorkDirectory, "store"), TimeProvider.System, Meter, chunking: Chunking));

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
        => await MakeAsync(kind, Path.Combine(WorkDirectory, NextName()), capacityBytes, cancellationToken);

    public override BytePath? NewLocation(VolumeKind kind) => BytePath.FromString(Path.Combine(WorkDirectory, NextName()));

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string target = Path.Combine(WorkDirectory, NextName());
        string source = volume.Info.Location.ToString();
        if (volume.Info.Kind == VolumeKind.Tree)
        {
            Directory.Move(source, target);
        }
        else
        {
            File.Move(source, target);
        }

        return await ResolveAsync(volume.Info.Kind, target, cancellationToken);
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string path = volume.Info.Location.ToString();
        if (volume.Info.Kind == VolumeKind.Tree)
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }

        return await MakeAsync(volume.Info.Kind, path, volume.Info.CapacityBytes ?? 0, cancellationToken);
    }

    public override long? BytesReadFrom(TestVolume volume) => Meter.Bytes;

    public override ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return new(Directory.EnumerateFileSystemEntries(WorkDirectory, ".seng-tmp-*", all).LongCount());
    }

    // Some laws make paths that System.IO cannot delete.
    protected override ValueTask CleanUpAsync()
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(WorkDirectory));
        foreach (string path in Directory.GetDirectories(WorkDirectory))
        {
            TreeRemover.Remove(root, Encoding.UTF8.GetBytes(Path.GetFileName(path)));
        }

        return default;
    }

    private async Task<TestVolume> MakeAsync(VolumeKind kind, string path, long capacityBytes, CancellationToken cancellationToken)
    {
        if (kind == VolumeKind.Tree)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            using FileStream image = File.Create(path);
            image.SetLength(capacityBytes);
        }

        return await ResolveAsync(kind, path, cancellationToken);
    }

    private async Task<TestVolume> ResolveAsync(VolumeKind kind, string path, CancellationToken cancellationToken)
    {
        BytePath location = BytePath.FromString(path);
        VolumeInfo info = await Engine.ResolveVolumeAsync(location, cancellationToken);
        return kind == VolumeKind.Tree ? new TestVolume(info, new DirectoryVolumeWriter(location)) : new TestVolume(info, new ImageFileVolumeWriter(location));
    }
}
