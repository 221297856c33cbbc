using System.Text;
using StorageEngines.Portable.Tar;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>Archives that are cut off, mutated or made by somebody who means harm.</summary>
public sealed class TarFuzzTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 30)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_truncation_is_an_error_and_touches_nothing(bool difference)
    {
        using var scratch = new ScratchDirectory();
        (byte[] whole, byte[] change) = await ArchivesAsync(3, 8);
        byte[] archive = difference ? change : whole;
        if (difference)
        {
            await TreeDifferential.ApplyAsync(new MemoryStream(whole), scratch.At("tree"), scratch.Options);
        }

        SortedDictionary<BytePath, string>? before = difference ? LiveTree.Read(scratch.At("tree")) : null;
        int end = archive.Length - 512; // one block of zeroes less is cut off too, but all entries are there
        for (int length = 0; length < end; length++)
        {
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => ReadAll(archive[..length]));
            Assert.InRange(error.Offset!.Value, 0, length);
            if (length % 397 == 0)
            {
                await Assert.ThrowsAsync<CorruptDataException>(() => TreeDifferential.ApplyAsync(new MemoryStream(archive, 0, length), scratch.At("tree"), scratch.Options));
            }
        }

        Assert.Equal(before, difference ? LiveTree.Read(scratch.At("tree")) : null);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Except(difference ? ["tree", "state"] : []));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_mutated_archive_never_leaves_its_directory(int seed)
    {
        var random = new Random(seed);
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(Path.Combine(scratch.Path, "canary"));
        File.WriteAllText(Path.Combine(scratch.Path, "canary", "bird"), "sings");
        SortedDictionary<BytePath, string> canary = LiveTree.Read(scratch.At("canary"));
        (byte[] whole, byte[] change) = await ArchivesAsync(seed, 12);
        for (int i = 0; i < 4; i++)
        {
            await TryAsync(Mutate(whole, random, repair: i % 4 != 0), scratch);
            Remove(scratch);
            await TreeDifferential.ApplyAsync(new MemoryStream(whole), scratch.At("tree"), scratch.Options);
            await TryAsync(Mutate(change, random, repair: i % 4 != 0), scratch);
            Remove(scratch);
        }

        Assert.Equal(canary, LiveTree.Read(scratch.At("canary")));
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Except(["canary", "state"]));
    }

    public static TheoryData<string> Attacks =>
    [
        "hard link outside", "hard link to an absolute path", "hard link through a link", "file through a link", "directory through a link",
        "link in place of a directory", "whiteout through a link", "whiteout of dots", "whiteout of nothing", "root as a link", "root as a file",
        "long name that leaves", "link name that leaves",
    ];

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task An_archive_made_to_do_harm_touches_nothing_outside(string attack)
    {
        using var scratch = new ScratchDirectory();
        string outside = Directory.CreateDirectory(Path.Combine(scratch.Path, "canary")).FullName;
        File.WriteAllText(Path.Combine(outside, "bird"), "sings");
        SortedDictionary<BytePath, string> canary = LiveTree.Read(scratch.At("canary"));
        var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        await WriteAttackAsync(writer, attack, outside);
        await writer.CompleteAsync(CancellationToken.None);
        archive.Position = 0;
        await Assert.ThrowsAnyAsync<StorageEngineException>(() => TreeDifferential.ApplyAsync(archive, scratch.At("tree"), scratch.Options));
        Assert.Equal(canary, LiveTree.Read(scratch.At("canary")));
        Assert.Equal(["canary"], Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Where(n => n != "state"));
    }

    [Fact]
    public async Task Whiteout_through_a_link_of_the_base_removes_nothing_outside()
    {
        using var scratch = new ScratchDirectory();
        string outside = Directory.CreateDirectory(Path.Combine(scratch.Path, "canary")).FullName;
        File.WriteAllText(Path.Combine(outside, "bird"), "sings");
        Directory.CreateDirectory(Path.Combine(scratch.Path, "tree"));
        File.CreateSymbolicLink(Path.Combine(scratch.Path, "tree", "way"), outside);
        var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        await writer.CommentAsync($"storage-engines base={Guid.NewGuid()} target={Guid.NewGuid()}", CancellationToken.None);
        await writer.EntryAsync(Entry("way/.wh.bird"), null, CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        archive.Position = 0;
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => TreeDifferential.ApplyAsync(archive, scratch.At("tree"), scratch.Options with { SkipBaseCheck = true }));
        Assert.Equal(EngineReason.UnsafePath, error.Reason);
        Assert.Equal("sings", File.ReadAllText(Path.Combine(outside, "bird")));
    }

    [Fact]
    public void Extended_headers_do_not_add_up_in_memory()
    {
        var archive = new MemoryStream();
        for (int i = 0; i < 40; i++)
        {
            WriteExtension(archive, $"key{i}", 1 << 20);
        }

        CorruptDataException error = Assert.Throws<CorruptDataException>(() => ReadAll(archive.ToArray()));
        Assert.Contains("extended header", error.Message, StringComparison.Ordinal);
    }

    private static async Task WriteAttackAsync(TarWriter writer, string attack, string outside)
    {
        TreeEntry way = Link("way", outside);
        switch (attack)
        {
            case "hard link outside": await HardLinkAsync("../canary/bird"); break;
            case "hard link to an absolute path": await HardLinkAsync(outside + "/bird"); break;
            case "hard link through a link": await PutAsync(way); await HardLinkAsync("way/bird"); break;
            case "file through a link": await PutAsync(way); await PutAsync(Entry("way/bird")); break;
            case "directory through a link": await PutAsync(way); await PutAsync(Entry("way/nest", TreeEntryType.Directory)); break;
            case "link in place of a directory":
                await PutAsync(Entry("a", TreeEntryType.Directory));
                await PutAsync(Link("a", outside));
                await PutAsync(Entry("a/bird"));
                break;
            case "whiteout through a link": await PutAsync(way); await PutAsync(Entry("way/.wh.bird")); break;
            case "whiteout of dots": await PutAsync(Entry("a/.wh...")); break;
            case "whiteout of nothing": await PutAsync(Entry(".wh.")); break;
            case "root as a link": await PutAsync(Link(".", outside)); break;
            case "root as a file": await PutAsync(Entry(".")); break;
            case "long name that leaves": await PutAsync(Entry(string.Concat(Enumerable.Repeat("down/", 50)) + string.Concat(Enumerable.Repeat("../", 52)) + "canary/bird")); break;
            default: await HardLinkAsync(string.Concat(Enumerable.Repeat("down/", 50)) + string.Concat(Enumerable.Repeat("../", 52)) + "canary/bird"); break;
        }

        ValueTask PutAsync(TreeEntry entry) => writer.EntryAsync(entry, null, CancellationToken.None);

        ValueTask HardLinkAsync(string to) => writer.EntryAsync(Entry("link"), BytePath.FromString(to), CancellationToken.None);
    }

    private static TreeEntry Entry(string path, TreeEntryType type = TreeEntryType.File) => new(BytePath.FromString(path), type, 0x1ED, 0, 0, 0, default);

    private static TreeEntry Link(string path, string target) => Entry(path, TreeEntryType.SymbolicLink) with { LinkTarget = Encoding.UTF8.GetBytes(target) };

    internal static async Task<(byte[] Whole, byte[] Change)> ArchivesAsync(int seed, int operations)
    {
        var tree = new MemoryTree(seed);
        tree.Change(operations);
        SnapshotInfo first = await tree.SnapshotAsync();
        tree.Change(operations);
        SnapshotInfo second = await tree.SnapshotAsync();
        var whole = new MemoryStream();
        var change = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, null, first, whole, DifferentialFormat.Tar);
        await TreeDifferential.ExportAsync(tree.Engine, first, second, change, DifferentialFormat.Tar);
        return (whole.ToArray(), change.ToArray());
    }

    private static async Task TryAsync(byte[] archive, ScratchDirectory scratch)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await TreeDifferential.ApplyAsync(new MemoryStream(archive), scratch.At("tree"), scratch.Options with { SkipBaseCheck = true }, time.Token);
        }
        catch (StorageEngineException e)
        {
            Assert.NotEqual(EngineStatus.Internal, e.Status); // anything else than the library's own errors fails the test
        }
    }

    private static void Remove(ScratchDirectory scratch)
    {
        foreach (string name in new[] { "tree", "tree.seng-applying" })
        {
            using Posix.DirectoryHandle parent = Posix.DirectoryHandle.Open(Encoding.UTF8.GetBytes(scratch.Path));
            StorageEngines.Portable.Trees.TreeWalk.Delete(parent, Encoding.UTF8.GetBytes(name));
        }
    }

    /// <summary>Changes bytes, mostly of headers, puts in hostile paths, and makes the headers' checksums right again.</summary>
    internal static byte[] Mutate(byte[] archive, Random random, bool repair)
    {
        byte[] mutated = [.. archive];
        string[] hostile = ["../canary/bird", "/canary", "a/../../canary", ".", "..", ".wh...", "canary", "way/bird", "../canary"];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int block = random.Next(mutated.Length / 512) * 512;
            switch (random.Next(4))
            {
                case 0: mutated[block + random.Next(512)] = (byte)random.Next(256); break;
                case 1: mutated[block + 156] = (byte)"0123456gxLKS"[random.Next(12)]; break;
                case 2:
                    byte[] name = Encoding.UTF8.GetBytes(hostile[random.Next(hostile.Length)] + "\0");
                    name.CopyTo(mutated, block + (random.Next(2) == 0 ? 0 : 157));
                    break;
                default: Encoding.ASCII.GetBytes(Convert.ToString(random.Next(2000), 8).PadLeft(11, '0')).CopyTo(mutated, block + 124); break;
            }
        }

        for (int block = 0; repair && block + 512 <= mutated.Length; block += 512)
        {
            if (archive.AsSpan(block + 257, 5).SequenceEqual("ustar"u8))
            {
                Sum(mutated.AsSpan(block, 512));
            }
        }

        return mutated;
    }

    private static void Sum(Span<byte> header)
        => Encoding.ASCII.GetBytes(Convert.ToString(TarTime.Checksum(header), 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);

    private static void WriteExtension(MemoryStream archive, string key, int bytes)
    {
        string rest = $" {key}=";
        int length = bytes + 7 + rest.Length + 1;
        byte[] record = Encoding.ASCII.GetBytes($"{length:D7}{rest}" + new string('x', bytes) + "\n");
        var header = new byte[512];
        header[156] = (byte)'x';
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        Encoding.ASCII.GetBytes("0000644\0").CopyTo(header, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(record.Length, 8).PadLeft(11, '0')).CopyTo(header, 124);
        Sum(header);
        archive.Write(header);
        archive.Write(record);
        archive.Write(new byte[(512 - (record.Length % 512)) % 512]);
    }

    private static void ReadAll(byte[] archive)
    {
        var reader = new TarReader(new MemoryStream(archive));
        while (reader.Read())
        {
            Assert.NotNull(reader.Entry);
        }
    }
}
