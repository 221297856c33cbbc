using System.Collections.Concurrent;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

/// <summary>A collection moves blocks to other packs and removes the old ones; readers beside it never notice.</summary>
public sealed class ReadWhileCollectingTests : IDisposable
{
    private const int Files = 12;
    private const int Rounds = 25;
    private const int Readers = 8;
    private const int Enough = 20;

    private readonly StoreScratch _scratch = new();
    private readonly ConcurrentQueue<SnapshotRecord> _kept = new();
    private string _volumeId = "";

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Many_readers_read_right_while_snapshots_are_deleted_and_packs_are_rewritten()
    {
        using (SnapshotStore store = _scratch.Write())
            _volumeId = StoreScratch.Tree(store).Id;
        RunRound(0);
        using var stop = new CancellationTokenSource();
        using SnapshotStore shared = _scratch.Read();
        var reads = new int[Readers];
        Task[] readers =
        [
            .. Enumerable.Range(0, Readers).Select(number => Task.Factory.StartNew(
                () => ReadUntil(stop.Token, number % 2 == 0 ? shared : null, number, ref reads[number]), default, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        try
        {
            for (int round = 1; (round <= Rounds || Array.Exists(reads, count => count < Enough)) && !readers.Any(reader => reader.IsCompleted); round++)
                RunRound(round);
        }
        finally
        {
            await stop.CancelAsync();
        }
        await Task.WhenAll(readers);
        using SnapshotStore after = _scratch.Read();
        foreach (SnapshotRecord snapshot in _kept)
            ReadOne(after, snapshot, 0);
    }

    // Half of the blocks that the first snapshot brings live on in the second one; deleting the first makes its pack half dead, and it is rewritten.
    private void RunRound(int round)
    {
        string[] before;
        using (SnapshotStore store = _scratch.Write())
            before = Delete(store, round);
        _scratch.Repack();
        Assert.NotEqual(before, Packs());
    }

    private string[] Delete(SnapshotStore store, int round)
    {
        VolumeRecord volume = store.FindVolume(_volumeId)!;
        SnapshotRecord doomed = StoreScratch.Take(store, volume, $"doomed{round}", [.. Enumerable.Range(0, 2 * Files).Select(number => Content(round, number))]);
        SnapshotRecord kept = StoreScratch.Take(store, volume, $"kept{round}", [.. Enumerable.Range(0, Files).Select(number => Content(round, 2 * number))]);
        _kept.Enqueue(kept);
        store.DeleteSnapshot(_volumeId, doomed.Id, DeleteMode.Everything);
        return Packs();
    }

    private string[] Packs() => [.. Directory.EnumerateFiles(_scratch.Path, "*.pack", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private void ReadUntil(CancellationToken stop, SnapshotStore? shared, int seed, ref int reads)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            SnapshotRecord[] kept = [.. _kept];
            SnapshotRecord snapshot = kept[random.Next(kept.Length)];
            using SnapshotStore? own = shared is null ? _scratch.Read() : null;
            ReadOne(shared ?? own!, snapshot, random.Next(Files));
            Volatile.Write(ref reads, reads + 1);
        }
    }

    private static void ReadOne(SnapshotStore store, SnapshotRecord snapshot, int number)
    {
        (string path, byte[] content) = Content(int.Parse(snapshot.Name["kept".Length..], System.Globalization.CultureInfo.InvariantCulture), 2 * number);
        Assert.Equal(content, StoreScratch.ReadFile(store, snapshot, path));
    }

    private static (string Path, byte[] Content) Content(int round, int number) => ($"file{number:D3}", StoreScratch.Random(20_000 + number, (round * 1000) + number));
}
