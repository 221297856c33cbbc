using System.Globalization;
using StorageEngines.Specification;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>A zvol and its snapshots, made past the engine.</summary>
internal sealed class ZvolScene
{
    internal const int Block = 16 << 10;

    private readonly ZfsPool _pool;
    private readonly ZvolWriter _writer;

    private ZvolScene(ZfsPool pool, string name) => (_pool, Name, _writer) = (pool, name, new ZvolWriter(pool, name, Block));

    /// <summary>Its name.</summary>
    internal string Name { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Makes one.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="megabytes">Its size.</param>
    /// <param name="options">Options of 'zfs create'. Default: none.</param>
    internal static async Task<ZvolScene> CreateAsync(ZfsPool pool, int megabytes, string options = "")
    {
        string name = pool.NextName();
        await pool.RunAsync($"zfs create -s -V {megabytes}M -o volblocksize={Block} {options} {name}", name, (long)megabytes << 20, Token);
        return new ZvolScene(pool, name);
    }

    /// <summary>Writes noise over whole blocks.</summary>
    internal async Task WriteAsync(params IEnumerable<long> blocks)
        => await _pool.RunAsync(
            $"python3 - <<'P'\nimport os\nf = os.open('/dev/zvol/{Name}', os.O_WRONLY)\nfor b in [{string.Join(',', blocks)}]: os.pwrite(f, os.urandom({Block}), b * {Block})\nos.fsync(f)\nP", Token);

    /// <summary>Discards whole blocks.</summary>
    internal async Task DiscardAsync(long first, long count) => Assert.True(await _writer.DiscardAsync(first * Block, count * Block, Token));

    /// <summary>Gives it another size.</summary>
    internal async Task ResizeAsync(int megabytes) => Assert.True(await _writer.ResizeAsync((long)megabytes << 20, Token));

    /// <summary>Takes a snapshot.</summary>
    /// <returns>The live content.</returns>
    internal async Task<byte[]> CutAsync(string snapshot)
    {
        await _pool.RunAsync($"zfs snapshot {Name}@{snapshot}", Token);
        return await LiveAsync();
    }

    /// <summary>What it holds.</summary>
    internal async Task<byte[]> LiveAsync() => await _writer.ReadAsync(Token);

    /// <summary>Its reference.</summary>
    internal async Task<VolumeRef> RefAsync(IStorageEngine engine) => (await engine.ResolveVolumeAsync(BytePath.FromString(Name), Token)).Ref;

    /// <summary>A snapshot as the engine knows it.</summary>
    internal async Task<(SnapshotRef Ref, ChangeToken Token)> SnapshotAsync(ZfsStorageEngine engine, string snapshot)
    {
        SnapshotTable table = await engine.Catalog.TableAsync(await RefAsync(engine), Token);
        ZfsSnapshot found = table.Snapshots.Single(each => each.Name == snapshot);
        return (found.Ref, found.Token);
    }

    /// <summary>What changed between two snapshots.</summary>
    internal async Task<ExtentAnswer> DeltaAsync(ZfsStorageEngine engine, string before, string after)
        => await DeltaAsync(engine, (await SnapshotAsync(engine, before)).Token, after);

    /// <summary>What changed since a token.</summary>
    internal async Task<ExtentAnswer> DeltaAsync(ZfsStorageEngine engine, ChangeToken before, string after)
    {
        (SnapshotRef target, _) = await SnapshotAsync(engine, after);
        return await ExtentAnswer.CollectAsync(engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(before, target), Token));
    }

    /// <summary>How many bytes a command writes.</summary>
    internal async Task<long> BytesOfAsync(string command) => long.Parse(await _pool.RunAsync($"{command} | wc -c", Token), CultureInfo.InvariantCulture);
}
