using System.Globalization;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>What is unchanged is taken over from the previous manifest frame by frame; nobody may be able to tell.</summary>
public sealed class FrameReuseTests : IDisposable
{
    private const int Files = 4000; // several frames
    private readonly EngineScratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Frames_of_an_unchanged_tree_are_the_same_bytes()
    {
        Fill();
        using ManifestReader first = Open(await _scratch.SnapshotAsync("first"));
        using ManifestReader second = Open(await _scratch.SnapshotAsync("second"));
        Assert.True(first.File.Frames.Count >= 4, $"{first.File.Frames.Count} frames are too few to tell");
        Assert.Equal(first.File.Frames.Select(frame => frame.Checksum), second.File.Frames.Select(frame => frame.Checksum));
        Assert.Equal(first.File.Trailer with { IndexOffset = 0, IndexChecksum = default }, second.File.Trailer with { IndexOffset = 0, IndexChecksum = default });
        Assert.All(first.File.Frames, frame => Assert.False(frame.Fingerprint.IsZero));
    }

    [Fact]
    public async Task One_changed_file_leaves_all_other_frames_alone()
    {
        Fill();
        using ManifestReader first = Open(await _scratch.SnapshotAsync("first"));
        _scratch.Write(Name(2000), "changed");
        _scratch.ForgetReads();
        using ManifestReader second = Open(await _scratch.SnapshotAsync("second"));
        Assert.Equal([Name(2000)], _scratch.Opened);
        Sum128[] before = [.. first.File.Frames.Select(frame => frame.Checksum)];
        Sum128[] after = [.. second.File.Frames.Select(frame => frame.Checksum)];
        Assert.Equal(before.Length, after.Length);

        // Writing a file anew touches no directory, so one frame differs and no more.
        Assert.Single(before.Zip(after), pair => pair.First != pair.Second);
    }

    [Fact]
    public async Task A_file_that_is_too_long_for_its_entry_is_carried_along()
    {
        Fill(500);
        using (FileStream large = File.Create(_scratch.At("d01/large")))
        {
            for (int i = 0; i < 200; i++)
            {
                large.Seek((long)i * 65_536, SeekOrigin.Begin);
                large.WriteByte((byte)(i + 1));
            }
        }

        await _scratch.SnapshotAsync("first");
        _scratch.ForgetReads();
        await _scratch.SnapshotAsync("second");
        SnapshotInfo third = await _scratch.SnapshotAsync("third");
        Assert.Empty(_scratch.Opened);
        string clone = await _scratch.CloneAsync(third, "clone");
        EngineScratch.Run("diff", "-r", _scratch.Live, clone);
    }

    // More directories in one frame than are kept open, and more new names in one than are collected.
    [Fact]
    public async Task A_frame_that_is_too_much_to_collect_is_taken_one_by_one()
    {
        for (int i = 0; i < 1500; i++)
        {
            _scratch.Write($"t{i:D4}/only", "one file");
        }

        await _scratch.SnapshotAsync("first");
        for (int i = 0; i < 12_000; i++)
        {
            File.WriteAllText(_scratch.At($"t0700/many-new-names-in-one-directory-{i:D5}"), "");
        }

        _scratch.Write("t1400/only", "changed");
        _scratch.ForgetReads();
        SnapshotInfo second = await _scratch.SnapshotAsync("second");
        Assert.Equal(["t1400/only"], _scratch.Opened);
        await AssertLikeFreshAsync(second, "fresh");
    }

    // The oracle: a snapshot that could take over frames has the entries of one that could not.
    [Fact]
    public async Task Snapshots_along_a_history_are_those_that_a_fresh_store_takes()
    {
        var random = new Random(20261121);
        Fill();
        await _scratch.SnapshotAsync("start");
        for (int round = 0; round < 12; round++)
        {
            for (int i = random.Next(0, round % 3 == 0 ? 400 : 6); i >= 0; i--)
            {
                Change(random, round, i);
            }

            SnapshotInfo carried = await _scratch.SnapshotAsync($"s{round}");
            await AssertLikeFreshAsync(carried, $"fresh{round}");
        }
    }

    private async Task AssertLikeFreshAsync(SnapshotInfo carried, string store)
    {
        await using var engine = new TarRsyncStorageEngine(Path.Combine(_scratch.Root, store), TimeProvider.System);
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(_scratch.Live))).Ref;
        SnapshotInfo whole = await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, "whole"));
        using ManifestReader a = Open(carried);
        using ManifestReader b = Open(whole, store);
        Assert.Equal(Lines(b), Lines(a));
        Assert.Equal(b.File.Trailer.Files, a.File.Trailer.Files);
        Assert.Equal(b.File.Trailer.FileBytes, a.File.Trailer.FileBytes);
        Assert.Equal(whole.SizeBytes, carried.SizeBytes);
        AssertFingerprints(a);
    }

    // A fingerprint that fits other entries than those of its frame would make the next snapshot miss a change.
    private static void AssertFingerprints(ManifestReader reader)
    {
        for (int i = 0; i < reader.File.Frames.Count; i++)
        {
            var statuses = new ByteBuffer(4096);
            for (bool more = reader.GoTo(i); more; more = reader.MoveNextInFrame())
            {
                EntryStatus.Append(statuses, in reader.Current);
            }

            Assert.Equal(reader.File.Frames[i].Fingerprint, EntryStatus.Sum(statuses.Span));
        }
    }

    private void Change(Random random, int round, int i)
    {
        string name = _scratch.At(Name(random.Next(Files)));
        switch (random.Next(6))
        {
            case 0 or 1 when File.Exists(name):
                File.WriteAllText(name, $"changed in {round} {i}");
                break;
            case 2:
                File.Delete(name);
                break;
            case 3:
                File.WriteAllText(Path.Combine(Path.GetDirectoryName(name)!, $"new-{round}-{i}"), "new");
                break;
            case 4 when File.Exists(name):
                File.Move(name, name + $".moved-{round}-{i}");
                break;
            case 5 when File.Exists(name):
                // A second name, mostly in another frame.
                EngineScratch.Run("ln", "-f", name, _scratch.At($"link-{round}-{i}"));
                break;
            default:
                Directory.CreateDirectory(_scratch.At($"d{round:D2}x{i}/below"));
                break;
        }
    }

    private void Fill(int files = Files)
    {
        for (int i = 0; i < files; i++)
        {
            _scratch.Write(Name(i), $"content {i}");
        }
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"d{i / 100:D2}/some-file-{i:D5}");

    private ManifestReader Open(SnapshotInfo snapshot, string? store = null)
        => new(ManifestFile.Open(Path.Combine(store is null ? _scratch.Store : Path.Combine(_scratch.Root, store), "manifests", $"{snapshot.Ref.Id}.manifest"))!);

    private static List<string> Lines(ManifestReader reader)
    {
        List<string> lines = [];
        while (reader.MoveNext())
        {
            ManifestEntry e = reader.Current;
            lines.Add($"{ByteText.Escape(e.Path.Span)} {e.Type} {e.Mode} {e.UserId} {e.Size} {e.ModifiedAt} {e.ChangedAt} {e.Inode} {e.LinkCount} {Convert.ToHexString(e.Content.Encoded.Span)}");
        }

        return lines;
    }
}
