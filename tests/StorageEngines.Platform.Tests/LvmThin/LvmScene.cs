using StorageEngines.LvmThin;
using StorageEngines.LvmThin.Hosts;
using StorageEngines.Platform.Tests.Btrfs.Remote;
using StorageEngines.Platform.Tests.StorageVm;
using StorageEngines.Transport;

namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>An engine with a connection of its own to the thin pool, and a shell past it.</summary>
internal sealed class LvmScene : IAsyncDisposable
{
    private readonly ThinPool _pool;

    private LvmScene(ThinPool pool, SshOptions options, string? programs)
    {
        _pool = pool;
        Connection = new OpenSshCommandRunner(options);
        ICommandRunner runner = programs is null
            ? Connection : new ChangedRunner(Connection, request => request with { Environment = new Dictionary<string, string> { ["PATH"] = $"{programs}:/usr/sbin:/usr/bin:/sbin:/bin" } });
        Engine = new LvmThinStorageEngine(new LvmHost(runner));
    }

    internal OpenSshCommandRunner Connection { get; }

    internal LvmThinStorageEngine Engine { get; }

    internal GuestShell Shell => _pool.Shell;

    internal ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    internal static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens one, or skips the test.</summary>
    /// <param name="user">Who logs in. Default: root.</param>
    /// <param name="programs">A directory in the machine whose programs are found first. Default: none.</param>
    internal static async Task<LvmScene> OpenAsync(string user = "root", string? programs = null)
    {
        ThinPool pool = await ThinPool.OpenOrSkipAsync(Token);
        return new LvmScene(pool, pool.Machine.Options with { User = user }, programs);
    }

    internal async Task<VolumeInfo> VolumeAsync(int chunks = 16)
        => await Engine.ResolveVolumeAsync(ThinPool.Path(await _pool.VolumeAsync(chunks * ThinPool.Chunk, Token)), Token);

    internal Task<SnapshotInfo> SnapshotAsync(VolumeInfo volume, string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, name), Token);

    /// <summary>Fills a chunk of a volume with one byte.</summary>
    internal Task FillAsync(VolumeInfo volume, int chunk, char content)
        => Shell.RunAsync($"head -c {ThinPool.Chunk} /dev/zero | tr '\\000' '{content}' | dd of={volume.Location} bs={ThinPool.Chunk} seek={chunk} conv=notrunc,fsync iflag=fullblock status=none", Token);

    /// <summary>The first byte of each chunk of a volume; a dot for zero.</summary>
    internal async Task<string> SeenAsync(string device)
        => await Shell.RunAsync($"n=$(($(blockdev --getsize64 {device}) / {ThinPool.Chunk})); i=0; while [ $i -lt $n ]; do dd if={device} bs={ThinPool.Chunk} skip=$i count=1 status=none | head -c 1 | tr '\\000' .; i=$((i + 1)); done", Token);

    internal async Task<string> DeltaAsync(SnapshotInfo from, SnapshotInfo to, CancellationToken cancellationToken = default)
    {
        var extents = new List<string>();
        await foreach (ExtentBatch batch in Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref), cancellationToken))
        {
            extents.AddRange(batch.Extents.Select(extent => $"{extent.Offset / ThinPool.Chunk}+{extent.Length / ThinPool.Chunk} {extent.State}"));
        }

        return string.Join(", ", extents);
    }

    internal async Task<string> HeldAsync() => (await Shell.RunAsync($"dmsetup status {ThinPool.Device} | cut -d' ' -f7", Token)).Trim();

    /// <summary>Cuts the engine's connection, by killing what serves it in the machine.</summary>
    internal async Task CutAsync()
    {
        CommandResult told = await Connection.RunAsync(new CommandRequest("sh", ["-c", "ps -o ppid= -p $(ps -o sid= -p $$)"]), cancellationToken: Token);
        await Shell.RunAsync($"kill -9 {System.Text.Encoding.ASCII.GetString(told.StandardOutput.Span).Trim()}", Token);
    }

    internal Task<long> LeftoversAsync() => _pool.LeftoversAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Connection.DisposeAsync();
        await _pool.DisposeAsync();
    }
}
