using System.Globalization;

namespace StorageEngines.Testing;

/// <summary>Random changes of a tree. What the file diff says of two snapshots is applied to a copy of the base, which then has to equal the target.</summary>
public sealed class TreeVolumeModelTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    public async Task File_diff_turns_every_base_into_every_target(int seed)
    {
        var random = new Random(seed);
        await using var engine = new InMemoryStorageEngine(new InMemoryEngineOptions { BlockSizeBytes = 64, Time = new ManualTimeProvider() });
        InMemoryTreeVolume volume = engine.CreateTreeVolume("home");
        var taken = new List<SnapshotInfo>();
        for (int step = 0; step < 240; step++)
        {
            Change(random, volume);
            if (step % 12 == 0)
            {
                taken.Add(await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, $"s{step}"), Cancel));
            }
        }

        for (int target = 0; target < taken.Count; target++)
        {
            for (int older = Math.Max(0, target - 4); older <= target; older++)
            {
                await Replay(engine, taken[older], taken[target]);
            }
        }

        Assert.Equal(0, engine.Counters.OpenOperations);
        Assert.Equal(0, engine.Counters.OpenStreams);
    }

    private static void Change(Random random, InMemoryTreeVolume volume)
    {
        IReadOnlyList<TreeEntry> entries = volume.List();
        TreeEntry some = entries[random.Next(entries.Count)];
        BytePath directory = entries.Where(entry => entry.Type == TreeEntryType.Directory).ElementAt(random.Next(entries.Count(entry => entry.Type == TreeEntryType.Directory))).Path;
        BytePath fresh = directory.Append(BytePath.FromString(random.Next(30).ToString(CultureInfo.InvariantCulture)));
        byte[] data = new byte[random.Next(1, 300)];
        random.NextBytes(data);
        try
        {
            switch (random.Next(12))
            {
                case 0: volume.CreateFile(fresh, data); break;
                case 1: volume.CreateDirectory(fresh); break;
                case 2: volume.CreateSymbolicLink(fresh, BytePath.FromString("target")); break;
                case 3: volume.CreateFifo(fresh); break;
                case 4: volume.CreateHardLink(some.Path, fresh); break;
                case 5: volume.Rename(some.Path, fresh); break;
                case 6: volume.Delete(some.Path); break;
                case 7: volume.SetMode(some.Path, random.Next(0x200)); break;
                case 8: volume.SetAttribute(some.Path, "user.a", random.Next(2) == 0 ? null : data); break;
                case 9: volume.Truncate(some.Path, random.Next(500)); break;
                case 10: volume.PunchHole(some.Path, 0, some.SizeBytes / 2); break;
                default: volume.Write(some.Path, random.Next(400), data); break;
            }
        }
        catch (InvalidOperationException)
        {
            // The random change was not possible (a taken name, the wrong type): the volume is as it was.
        }
    }

    /// <summary>Carries changes out as a receiver would: takes away what is gone or moved, deepest first; puts it at its new place; adds what is new.</summary>
    private static async Task Replay(InMemoryStorageEngine engine, SnapshotInfo from, SnapshotInfo to)
    {
        Dictionary<BytePath, (TreeEntry Entry, byte[] Data)> copy = await Read(engine, from);
        Dictionary<BytePath, (TreeEntry Entry, byte[] Data)> wanted = await Read(engine, to);
        List<FileChange> changes = [];
        await foreach (FileChange change in engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref), Cancel))
        {
            changes.Add(change);
        }

        Assert.Equal(changes.Count, changes.Select(change => change.Path).Distinct().Count());
        if (from.Ref.Equals(to.Ref))
        {
            Assert.Empty(changes);
        }

        var result = new Dictionary<BytePath, (TreeEntry Entry, byte[] Data)>();
        FileChange[] moves = [.. changes.Where(change => change.Kind.HasFlag(FileChangeKind.Renamed)).OrderByDescending(change => change.OldPath!.Value.Length)];
        HashSet<BytePath> removed = [.. changes.Where(change => change.Kind.HasFlag(FileChangeKind.Removed)).Select(change => change.Path)];
        foreach ((BytePath path, (TreeEntry Entry, byte[] Data) item) in copy)
        {
            FileChange? move = Array.Find(moves, candidate => path.IsAtOrBelow(candidate.OldPath!.Value));
            if (removed.Contains(path) && move?.OldPath != path)
            {
                continue;
            }

            BytePath moved = move is null ? path : path == move.OldPath ? move.Path : move.Path.Append(new BytePath(path.Bytes[(move.OldPath!.Value.Length + 1)..]));
            result.Add(moved, item);
        }

        foreach (FileChange change in changes.Where(change => change.TargetEntry is not null))
        {
            byte[] old = result.TryGetValue(change.Path, out (TreeEntry Entry, byte[] Data) before) && !change.Kind.HasFlag(FileChangeKind.Added) ? before.Data : [];
            result[change.Path] = (change.TargetEntry!, Write(old, change, wanted[change.Path].Data));
        }

        Assert.Equal(wanted.Keys.Order(), result.Keys.Order());
        foreach ((BytePath path, (TreeEntry Entry, byte[] Data) item) in wanted)
        {
            Assert.Equal(item.Data, result[path].Data);
            Assert.Equal(Restorable(item.Entry, path), Restorable(result[path].Entry, path));
            Assert.Equal(item.Entry.Attributes, result[path].Entry.Attributes);
        }
    }

    private static object Restorable(TreeEntry entry, BytePath path)
        => (path, entry.Type, entry.Mode, entry.UserId, entry.GroupId, entry.SizeBytes, entry.ModifiedAt, entry.LinkCount, entry.FileId, new BytePath(entry.LinkTarget));

    private static byte[] Write(byte[] old, FileChange change, byte[] target)
    {
        byte[] data = (byte[])old.Clone();
        Array.Resize(ref data, target.Length);
        foreach (Extent extent in change.Extents ?? [])
        {
            data.AsSpan((int)extent.Offset, (int)extent.Length).Clear();
            if (extent.State == ExtentState.Data)
            {
                target.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(data.AsSpan((int)extent.Offset));
            }
        }

        return data;
    }

    private static async Task<Dictionary<BytePath, (TreeEntry Entry, byte[] Data)>> Read(InMemoryStorageEngine engine, SnapshotInfo snapshot)
    {
        var tree = new Dictionary<BytePath, (TreeEntry Entry, byte[] Data)>();
        await foreach (TreeEntry entry in engine.Feature<ITreeReader>()!.ListAsync(snapshot.Ref, cancellationToken: Cancel))
        {
            byte[] data = [];
            if (entry.Type == TreeEntryType.File)
            {
                await using Stream stream = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, entry.Path, Cancel);
                data = new byte[stream.Length];
                await stream.ReadExactlyAsync(data, Cancel);
            }

            tree.Add(entry.Path, (entry, data));
        }

        return tree;
    }
}
