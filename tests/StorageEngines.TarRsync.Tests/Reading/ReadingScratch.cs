using System.Text;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reading;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Tests.Store;

namespace StorageEngines.TarRsync.Tests.Reading;

/// <summary>A store, and the reading features over it.</summary>
internal sealed class ReadingScratch : IDisposable
{
    internal const string Engine = "tarrsync";

    private readonly StoreScratch _scratch = new();

    internal ReadingScratch(VolumeKind kind)
    {
        using SnapshotStore store = _scratch.Write();
        VolumeId = (kind == VolumeKind.Tree ? StoreScratch.Tree(store) : StoreScratch.Image(store)).Id;
        View = new StoreView(Engine, _scratch.Read);
        BlockMap = new StoreBlockMap(View);
        FileDiff = new StoreFileDiff(View);
        Trees = new StoreTreeReader(View);
        Data = new StoreSnapshotReader(View);
    }

    internal string VolumeId { get; }

    internal VolumeRef Volume => new(Engine, VolumeId, "volume");

    internal StoreView View { get; }

    internal StoreBlockMap BlockMap { get; }

    internal StoreFileDiff FileDiff { get; }

    internal StoreTreeReader Trees { get; }

    internal StoreSnapshotReader Data { get; }

    internal SnapshotInfo Take(string name, params (string Path, byte[] Content)[] files)
        => With(store => StoreScratch.Take(store, store.FindVolume(VolumeId)!, name, files)).ToInfo(Volume);

    internal SnapshotInfo TakeEntries(string name, IEnumerable<ManifestEntry> entries) => With(store =>
    {
        using SnapshotWriter writer = store.BeginSnapshot(VolumeId, name);
        foreach (ManifestEntry entry in entries)
            writer.AddEntry(in entry);
        return writer.Commit(StoreScratch.Commit());
    }).ToInfo(Volume);

    internal T With<T>(Func<SnapshotStore, T> action)
    {
        using SnapshotStore store = _scratch.Write();
        return action(store);
    }

    internal async Task<List<Extent>> DeltaAsync(SnapshotInfo from, SnapshotInfo to, string? path = null, long start = 0, int max = 0)
    {
        var extents = new List<Extent>();
        var query = new DeltaQuery(from.ChangeToken!, to.Ref) { Path = path is null ? null : BytePath.FromString(path), StartingOffset = start, MaxResults = max };
        await foreach (ExtentBatch batch in BlockMap.DeltaAsync(query))
        {
            Assert.True(max == 0 || batch.Extents.Count <= max);
            Assert.Equal(ChangeSource.HashCompare, batch.Source);
            extents.AddRange(batch.Extents);
        }
        return extents;
    }

    internal async Task<List<FileChange>> DiffAsync(SnapshotInfo from, SnapshotInfo to, StoreFileDiff? diff = null)
    {
        var changes = new List<FileChange>();
        await foreach (FileChange change in (diff ?? FileDiff).DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref)))
            changes.Add(change);
        return changes;
    }

    internal async Task<byte[]> ReadAsync(SnapshotInfo snapshot, string? path)
    {
        await using Stream stream = await Data.OpenReadAsync(snapshot.Ref, path is null ? null : BytePath.FromString(path));
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, 7777);
        return copy.ToArray();
    }

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public void Dispose()
    {
        View.Dispose();
        _scratch.Dispose();
    }
}
