using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Upkeep;

namespace StorageEngines.TarRsync.Tests.Store;

/// <summary>A store in a temporary directory, and short ways to fill it.</summary>
internal sealed class StoreScratch : IDisposable
{
    internal const int Block = StoreFormat.BlockSize;

    internal StoreScratch() => Root = Directory.CreateTempSubdirectory("seng-test-store-").FullName;

    internal string Root { get; }

    internal string Path => System.IO.Path.Combine(Root, "store");

    internal SnapshotStore Write(Action<string>? step = null) => SnapshotStore.Open(Path, StoreAccess.Write, true, TimeProvider.System, step);

    internal SnapshotStore Read() => SnapshotStore.Open(Path, StoreAccess.Read, false, TimeProvider.System);

    internal StoreSession Session(Action<string>? step = null) => new(Path, TimeProvider.System, TimeSpan.FromMinutes(1), step: step);

    /// <summary>Gives space back without a grace period.</summary>
    internal StoreCollectReport Collect(Action<string>? step = null)
        => Collector.Run(Session(step), new StoreCollectOptions { Grace = TimeSpan.Zero }, default);

    /// <summary>Writes packs anew and gives space back without a grace period.</summary>
    internal StoreRepackReport Repack(Action<string>? step = null)
        => new Repacker(Session(step), new StoreRepackOptions { Collect = new StoreCollectOptions { Grace = TimeSpan.Zero } }, default).Run();

    internal static VolumeRecord Tree(SnapshotStore store, string location = "/data")
        => store.GetOrAddVolume(VolumeKind.Tree, BytePath.FromString(location), "identity");

    internal static VolumeRecord Image(SnapshotStore store, string location = "/image")
        => store.GetOrAddVolume(VolumeKind.Block, BytePath.FromString(location), "identity");

    /// <summary>Takes a snapshot of files given by path and content; directories come from the paths.</summary>
    internal static SnapshotRecord Take(SnapshotStore store, VolumeRecord volume, string name, params (string Path, byte[] Content)[] files)
    {
        using SnapshotWriter writer = store.BeginSnapshot(volume.Id, name);
        Fill(writer, files);
        return writer.Commit(Commit());
    }

    internal static SnapshotCommit Commit() => new() { CreatedAt = TimeProvider.System.GetUtcNow(), Consistency = Consistency.PerFile, SizeBytes = 0 };

    internal static void Fill(SnapshotWriter writer, params (string Path, byte[] Content)[] files)
    {
        var entries = new SortedDictionary<string, ManifestEntry>(Comparer<string>.Create(
            (a, b) => TreeOrder.Compare(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b))));
        bool image = files.Length == 1 && files[0].Path.Length == 0;
        ulong inode = 100;
        foreach ((string path, byte[] content) in files)
        {
            for (int at = 0; !image && at >= 0; at = path.IndexOf('/', at + 1))
                entries.TryAdd(path[..at], Entry(path[..at], TreeEntryType.Directory, inode++));
            ManifestEntry entry = Entry(path, TreeEntryType.File, inode++);
            entry.Size = content.Length;
            entry.Content = StoreContent(writer, content);
            entries[path] = entry;
        }
        foreach (ManifestEntry entry in entries.Values)
            writer.AddEntry(in entry);
    }

    internal static FileContent StoreContent(SnapshotWriter writer, ReadOnlySpan<byte> content)
    {
        ContentBuilder builder = writer.NewContent();
        for (int at = 0; at < content.Length; at += Block)
            builder.Add(writer.StoreBlock(content.Slice(at, Math.Min(Block, content.Length - at))));
        return builder.Finish();
    }

    internal static ManifestEntry Entry(string path, TreeEntryType type, ulong inode) => new()
    {
        Path = Encoding.UTF8.GetBytes(path),
        Type = type,
        Mode = type == TreeEntryType.Directory ? 0x1EDu : 0x1A4u,
        UserId = 1000,
        GroupId = 1000,
        ModifiedAt = new PosixTime(1_700_000_000, 5),
        ChangedAt = new PosixTime(1_700_000_001, 6),
        Inode = inode,
        DeviceMajor = 8,
        DeviceMinor = 1,
        LinkCount = 1,
    };

    internal static byte[] ReadFile(SnapshotStore store, SnapshotRecord snapshot, string path)
    {
        using ManifestReader reader = store.OpenManifest(snapshot);
        Assert.True(reader.TryFind(Encoding.UTF8.GetBytes(path), out ManifestEntry entry), $"'{path}' is not in the snapshot");
        var content = new byte[entry.Size];
        BlockReader blocks = store.OpenBlocks();
        BlockCursor cursor = entry.Content.Open(entry.Size);
        while (cursor.MoveNext())
            blocks.Read(cursor.Block, content.AsSpan((int)cursor.Offset));
        return content;
    }

    internal static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public void Dispose() => Directory.Delete(Root, true);
}
