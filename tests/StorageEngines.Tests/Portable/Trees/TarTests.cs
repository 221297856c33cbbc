using System.Diagnostics;
using StorageEngines.Portable.Tar;

namespace StorageEngines.Tests.Portable.Trees;

public sealed class TarTests
{
    [Fact]
    public async Task Gnu_tar_restores_a_whole_tree()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: owners of the restored tree need it");
        Assert.SkipUnless(File.Exists("/usr/bin/tar") || File.Exists("/bin/tar"), "backend missing: tar: the program is not installed");
        using var scratch = new ScratchDirectory();
        var tree = new MemoryTree(99);
        tree.Change(250);
        string archive = Path.Combine(scratch.Path, "whole.tar");
        await using (FileStream file = File.Create(archive))
        {
            await TreeDifferential.ExportAsync(tree.Engine, null, await tree.SnapshotAsync(), file, DifferentialFormat.Tar);
        }

        Directory.CreateDirectory(Path.Combine(scratch.Path, "tree"));
        var start = new ProcessStartInfo("tar", ["--xattrs", "--xattrs-include=*", "-xpf", archive, "-C", Path.Combine(scratch.Path, "tree")])
        { RedirectStandardError = true };
        using Process tar = Process.Start(start)!;
        string complaints = await tar.StandardError.ReadToEndAsync();
        await tar.WaitForExitAsync();

        Assert.Equal("", complaints);
        Assert.Equal(0, tar.ExitCode);
        Assert.Equal(tree.Lines(), LiveTree.Read(scratch.At("tree")));
    }

    [Theory]
    [InlineData((1 << 20) - 1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData((3 << 20) + 777)]
    public async Task A_file_longer_than_what_is_read_at_once_is_whole_between_short_ones(int length)
    {
        using var scratch = new ScratchDirectory();
        var tree = new MemoryTree(3);
        foreach ((string name, int size) in new[] { ("a", 100), ("b", length), ("c", 0), ("d", length), ("e", 4000) })
        {
            var bytes = new byte[size];
            new Random(name[0]).NextBytes(bytes);
            tree.Volume.CreateFile(BytePath.FromString(name), bytes);
        }

        var archive = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, null, await tree.SnapshotAsync(), archive, DifferentialFormat.Tar);
        archive.Position = 0;
        await TreeDifferential.ApplyAsync(archive, scratch.At("tree"), scratch.Options);
        foreach (TreeEntry entry in tree.Volume.List().Where(entry => entry.Type == TreeEntryType.File))
        {
            Assert.Equal(tree.Volume.ReadFile(entry.Path), await File.ReadAllBytesAsync(Path.Combine(scratch.Path, "tree", entry.Path.ToString())));
        }
    }

    [Fact]
    public async Task Every_truncation_is_an_error_with_its_place()
    {
        var tree = new MemoryTree(7);
        tree.Change(15);
        var stream = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, null, await tree.SnapshotAsync(), stream, DifferentialFormat.Tar);
        byte[] archive = stream.ToArray();
        for (int length = 0; length < archive.Length - 512; length += 1 + (length / 200))
        {
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => ReadAll(archive[..length]));
            Assert.InRange(error.Offset!.Value, 0, length);
        }

        ReadAll(archive);
    }

    [Theory]
    [InlineData("../canary")]
    [InlineData("/etc/seng")]
    [InlineData("a/../../canary")]
    [InlineData("a//b")]
    public async Task A_path_that_leaves_the_tree_is_refused_before_the_first_write(string path)
    {
        using var scratch = new ScratchDirectory();
        var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        await writer.EntryAsync(new TreeEntry(BytePath.FromString(path), TreeEntryType.File, 0x1A4, 0, 0, 0, default), null, CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        stream.Position = 0;
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => TreeDifferential.ApplyAsync(stream, scratch.At("tree"), scratch.Options));
        Assert.Equal(EngineReason.UnsafePath, error.Reason);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public async Task A_link_planted_in_the_archive_leads_nowhere()
    {
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(Path.Combine(scratch.Path, "canary"));
        var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        var link = new TreeEntry(BytePath.FromString("way"), TreeEntryType.SymbolicLink, 0x1FF, 0, 0, 0, default)
        { LinkTarget = System.Text.Encoding.UTF8.GetBytes(Path.Combine(scratch.Path, "canary")) };
        await writer.EntryAsync(link, null, CancellationToken.None);
        await writer.EntryAsync(new TreeEntry(BytePath.FromString("way/egg"), TreeEntryType.File, 0x1A4, 0, 0, 0, default), null, CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        stream.Position = 0;
        await Assert.ThrowsAsync<StorageEngineException>(() => TreeDifferential.ApplyAsync(stream, scratch.At("tree"), scratch.Options));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(scratch.Path, "canary")));
        Assert.Equal(["canary"], Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(-2, 500_000_000, "-1.500000000")]
    [InlineData(-1, 1, "-0.999999999")]
    [InlineData(7, 5, "7.000000005")]
    public void Times_keep_their_nanoseconds(long seconds, int nanoseconds, string text)
    {
        var time = new UnixTime(seconds, nanoseconds);
        Assert.Equal(text, TarTime.Format(time));
        Assert.True(TarTime.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out UnixTime parsed));
        Assert.Equal(time, parsed);
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
