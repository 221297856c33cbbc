using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

/// <summary>Every truncation and many bit flips of every kind of object: an error that names the object, never other data, a hang or a crash.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly StoreScratch _scratch = new();
    private readonly string _volumeId;
    private readonly (string Path, byte[] Content)[] _files =
    [
        ("a/one", StoreScratch.Random(5000, 1)),
        ("b/two", StoreScratch.Random(StoreScratch.Block + 9, 2)),
        ("c/text", "text text text text text text text text text text text text text text text text text"u8.ToArray()),
    ];

    public DamageTests()
    {
        using SnapshotStore store = _scratch.Write();
        VolumeRecord volume = StoreScratch.Tree(store);
        _volumeId = volume.Id;
        StoreScratch.Take(store, volume, "one", _files);
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("store.json")]
    [InlineData("*.info")]
    [InlineData("volume.json")]
    [InlineData("*.manifest")]
    [InlineData("*.pack")]
    public void Every_truncation_is_noticed(string pattern)
    {
        string path = Find(pattern);
        byte[] whole = File.ReadAllBytes(path);
        int step = Math.Max(1, whole.Length / 400);
        for (int length = 0; length < whole.Length; length += step)
        {
            File.WriteAllBytes(path, whole[..length]);
            AssertNoticed(path, $"cut to {length} bytes");
        }
    }

    [Theory]
    [InlineData("store.json")]
    [InlineData("*.info")]
    [InlineData("volume.json")]
    [InlineData("*.manifest")]
    [InlineData("*.pack")]
    public void Bit_flips_are_noticed_or_harmless(string pattern)
    {
        string path = Find(pattern);
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(7);
        int noticed = 0;
        for (int round = 0; round < 600; round++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, damaged);
            noticed += Notice(path) is null ? 0 : 1;
        }
        // Only the index of a pack is redundant: from a damaged one the store reads the records themselves.
        Assert.True(noticed > (pattern == "*.pack" ? 500 : 599), $"only {noticed} of 600 bit flips were noticed");
    }

    [Fact]
    public void An_index_that_names_a_place_at_the_end_of_the_numbers_is_damage()
    {
        string path = Find("*.pack");
        byte[] whole = File.ReadAllBytes(path);
        Assert.True(PackTrailer.TryRead(whole.AsSpan(whole.Length - PackTrailer.Size), whole.Length, out int count, out long index));
        Span<byte> entries = whole.AsSpan((int)index, count * PackEntry.Size);
        for (int i = 0; i < count; i++)
        {
            Span<byte> entry = entries.Slice(i * PackEntry.Size, PackEntry.Size);
            (PackEntry.Read(entry) with { Offset = uint.MaxValue - 7 }).Write(entry);
        }

        PackTrailer.Write(entries, index, whole.AsSpan(whole.Length - PackTrailer.Size));
        File.WriteAllBytes(path, whole);
        foreach (string cache in Directory.EnumerateFiles(_scratch.Path, "*.index", SearchOption.AllDirectories))
            File.Delete(cache);
        Assert.IsType<CorruptDataException>(Notice(path));
    }

    [Fact]
    public void With_a_damaged_index_a_pack_is_still_read()
    {
        string path = Find("*.pack");
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..^10]);
        using SnapshotStore store = _scratch.Read();
        SnapshotRecord snapshot = store.FindSnapshot(_volumeId, "one")!;
        foreach ((string name, byte[] content) in _files)
            Assert.Equal(content, StoreScratch.ReadFile(store, snapshot, name));
    }

    [Fact]
    public void One_damaged_block_leaves_the_other_files_whole()
    {
        string path = Find("*.pack");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[ObjectHeader.Size + PackEntry.Size + 100] ^= 1;
        File.WriteAllBytes(path, bytes);
        using SnapshotStore store = _scratch.Read();
        SnapshotRecord snapshot = store.FindSnapshot(_volumeId, "one")!;
        var error = Assert.Throws<CorruptDataException>(() => StoreScratch.ReadFile(store, snapshot, "a/one"));
        Assert.Equal(path, error.DamagedObject);
        Assert.Equal(_files[1].Content, StoreScratch.ReadFile(store, snapshot, "b/two"));
        Assert.Equal(_files[2].Content, StoreScratch.ReadFile(store, snapshot, "c/text"));
    }

    [Fact]
    public void A_missing_pack_is_named_by_its_block()
    {
        File.Delete(Find("*.pack"));
        using SnapshotStore store = _scratch.Read();
        var error = Assert.Throws<CorruptDataException>(() => StoreScratch.ReadFile(store, store.FindSnapshot(_volumeId, "one")!, "a/one"));
        Assert.Contains("is in no pack of the store", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_manifest_of_another_snapshot_is_noticed_by_its_digest()
    {
        using (SnapshotStore store = _scratch.Write())
            StoreScratch.Take(store, store.FindVolume(_volumeId)!, "other", ("a/one", "something else"u8.ToArray()));
        using SnapshotStore reader = _scratch.Read();
        SnapshotRecord one = reader.FindSnapshot(_volumeId, "one")!, other = reader.FindSnapshot(_volumeId, "other")!;
        string path = Find(one.Id + ".manifest");
        File.Copy(Find(other.Id + ".manifest"), path, overwrite: true);
        var error = Assert.Throws<CorruptDataException>(() => reader.OpenManifest(one));
        Assert.Equal(path, error.DamagedObject);
        Assert.Contains($"not the one of snapshot 'one', whose record names the digest {one.ManifestDigest}", error.Message, StringComparison.Ordinal);
        reader.OpenManifest(other).Dispose();
        reader.Dispose();
        Assert.Throws<CorruptDataException>(() => _scratch.Collect());
        Assert.Single(Directory.EnumerateFiles(_scratch.Path, "*.pack", SearchOption.AllDirectories).Take(1));
    }

    [Fact]
    public void A_damaged_frame_is_skipped_and_the_rest_is_read()
    {
        using (SnapshotStore store = _scratch.Write())
            StoreScratch.Take(store, store.FindVolume(_volumeId)!, "many", [.. Enumerable.Range(0, 5000).Select(i => ($"file{i:D6}", new byte[] { 1 }))]);
        using SnapshotStore reader = _scratch.Read();
        SnapshotRecord many = reader.FindSnapshot(_volumeId, "many")!;
        string path = Directory.EnumerateFiles(_scratch.Path, many.Id + ".manifest", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[ObjectHeader.Size + FrameHeader.Size + 50] ^= 1;
        File.WriteAllBytes(path, bytes);
        using ManifestReader manifest = reader.OpenManifest(many);
        int read = 0;
        var errors = new List<CorruptDataException>();
        while (true)
        {
            try
            {
                if (!manifest.MoveNext())
                    break;
                read++;
            }
            catch (CorruptDataException error)
            {
                errors.Add(error);
                if (!manifest.SkipDamagedFrame())
                    break;
            }
        }
        Assert.Equal(path, Assert.Single(errors).DamagedObject);
        Assert.InRange(read, 1000, 5000);
    }

    [Theory]
    [InlineData("*.info", 9)]
    [InlineData("store.json", 9)]
    [InlineData("*.manifest", 8)]
    [InlineData("*.pack", 8)]
    public void A_newer_format_is_refused_with_its_name(string pattern, int at)
    {
        string path = Find(pattern);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] = pattern is "*.info" or "store.json" ? (byte)'7' : (byte)7;
        Reseal(bytes, pattern);
        File.WriteAllBytes(path, bytes);
        StorageEngineException? error = Notice(path);
        Assert.Equal(EngineReason.FormatTooNew, error?.Reason);
        Assert.Contains(path, error!.Message, StringComparison.Ordinal);
        Assert.Contains("version 7", error.Message, StringComparison.Ordinal);
    }

    private static void Reseal(byte[] bytes, string pattern)
    {
        if (pattern is "*.manifest" or "*.pack")
        {
            System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(0, 48)).AsSpan(0, 16).CopyTo(bytes.AsSpan(48));
            return;
        }
        int end = Array.IndexOf(bytes, (byte)'\n');
        byte[] sealedPart = [.. bytes[..(end - 64)], .. bytes[(end + 1)..]];
        System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(sealedPart))).CopyTo(bytes, end - 64);
    }

    private string Find(string pattern) => Directory.EnumerateFiles(_scratch.Path, pattern, SearchOption.AllDirectories).Single();

    private void AssertNoticed(string path, string what)
    {
        StorageEngineException? error = Notice(path);
        if (error is null && path.EndsWith(".pack", StringComparison.Ordinal))
            return; // Everything was read and was right: only the index is cut.
        Assert.True(error is not null, $"{path} {what}: nobody noticed");
        Assert.Contains(path, (error as CorruptDataException)?.Message ?? error.Message, StringComparison.Ordinal);
    }

    /// <summary>Reads everything. Null if all of it is right; fails if something was read that was never stored.</summary>
    private StorageEngineException? Notice(string path)
    {
        try
        {
            using SnapshotStore store = _scratch.Read();
            Assert.NotNull(store.FindVolume(_volumeId));
            SnapshotRecord snapshot = store.FindSnapshot(_volumeId, "one")!;
            foreach ((string name, byte[] content) in _files)
                Assert.Equal(content, StoreScratch.ReadFile(store, snapshot, name));
            return null;
        }
        catch (CorruptDataException error)
        {
            Assert.True(path.Length > 0 && error.DamagedObject.Length > 0);
            return error;
        }
        catch (StorageEngineException error) when (error.Reason == EngineReason.FormatTooNew)
        {
            return error;
        }
    }
}
