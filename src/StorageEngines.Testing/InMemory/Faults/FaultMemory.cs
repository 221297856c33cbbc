using System.Collections.Concurrent;

namespace StorageEngines.Testing.Faults;

/// <summary>What faults remember of a snapshot from when it was cut.</summary>
internal sealed class FaultMemory(MemoryStore store)
{
    private const int Writes = 200;
    private const int Patience = 20_000;

    private readonly ConcurrentDictionary<string, (string Volume, string Name)> _names = new();
    private readonly ConcurrentDictionary<string, VolumeContent> _early = new();

    /// <summary>Remembers a snapshot's names; false if it is known already.</summary>
    public bool TryRemember(SnapshotRef snapshot)
    {
        lock (store.Gate)
        {
            return _names.TryAdd(snapshot.Id, Names(snapshot.Id));
        }
    }

    /// <summary>Whether the snapshot or its volume has another name than when it was cut. Under the store's lock.</summary>
    public bool WasRenamed(string snapshotId) => _names.TryGetValue(snapshotId, out (string Volume, string Name) then) && then != Names(snapshotId);

    /// <summary>What the volume held when the cut began, if that is not what the snapshot holds.</summary>
    public VolumeContent? EarlyContent(string snapshotId) => _early.GetValueOrDefault(snapshotId);

    /// <summary>Lets writers go on during a cut, and puts some of what they wrote into the snapshot.</summary>
    public async Task CutSlowlyAsync(SnapshotRef snapshot, Func<VolumeContent, VolumeContent, VolumeContent> mix, CancellationToken cancellationToken)
    {
        await store.StepAsync("create:slow", cancellationToken).ConfigureAwait(false);
        VolumeContent last = Now(snapshot);
        for (int turn = 0, writes = 0; turn < Patience && writes < Writes; turn++)
        {
            await Task.Yield();
            VolumeContent now = Now(snapshot);
            writes += ReferenceEquals(now, last) ? 0 : 1;
            last = now;
        }

        lock (store.Gate)
        {
            if (store.FindSnapshot(snapshot.Volume.Id, snapshot.Id) is { } cut)
            {
                _early[cut.Id] = cut.Content;
                store.Put(cut with { Content = mix(cut.Content, last) });
            }
        }
    }

    /// <summary>The first half of each file from one state, the second from a later one.</summary>
    public static VolumeContent Torn(VolumeContent early, VolumeContent late)
    {
        if (late.Tree is not { } tree)
        {
            return late with { Block = Torn(early.Block!, late.Block!) };
        }

        foreach ((BytePath path, TreeNode node) in tree.Walk())
        {
            if (node.Content is { } now && early.Tree!.Find(path)?.Content is { } then)
            {
                tree = tree.With(node with { Content = Torn(then, now) });
            }
        }

        return late with { Tree = tree };
    }

    private static SparseContent Torn(SparseContent early, SparseContent late)
    {
        var half = new byte[Math.Min(early.Length, late.Length) / 2];
        early.Read(0, half);
        return late.Write(0, half);
    }

    private VolumeContent Now(SnapshotRef snapshot)
    {
        lock (store.Gate)
        {
            return store.RequireVolume(snapshot.Volume).Content;
        }
    }

    private (string Volume, string Name) Names(string snapshotId)
    {
        StoredSnapshot snapshot = store.FindEverMade(snapshotId)!;
        return (store.Volumes.FirstOrDefault(volume => volume.Id == snapshot.VolumeId)?.Name ?? "", snapshot.Name);
    }
}
