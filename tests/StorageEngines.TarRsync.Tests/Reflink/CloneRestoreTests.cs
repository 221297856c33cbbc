using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>A clone that is restored to a new file: by sharing its blocks where that can be, else by copying them.</summary>
public sealed class CloneRestoreTests
{
    private const long Size = 64L << 20;

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task On_the_same_file_system_the_blocks_are_shared(string kind)
    {
        await using var scratch = new CloneScratch(kind);
        byte[] content = Write(scratch);
        SnapshotInfo snapshot = await scratch.SnapshotAsync();
        string restored = Path.Combine(scratch.Mount, "restored");
        DifferentialSummary summary = await RestoreAsync(scratch, snapshot, restored);
        Assert.Equal(content, File.ReadAllBytes(restored));
        Assert.Equal(3 << 20, summary.DataBytes);
        List<FileExtent> ours = Map(restored);
        Assert.NotEmpty(ours);
        Assert.Equal(Map(scratch.Image).Select(e => (e.Offset, e.Length, e.Physical)), ours.Select(e => (e.Offset, e.Length, e.Physical)));
        Assert.Equal("-rw-------", Mode(restored));

        // It is a file of its own.
        using (FileStream file = File.OpenWrite(restored))
        {
            file.Write(new byte[4096]);
        }

        Assert.Equal(content, await scratch.ReadAsync(snapshot));
        Assert.Equal(content, File.ReadAllBytes(scratch.Image));
    }

    [Fact]
    public async Task On_another_file_system_the_data_is_copied_and_holes_stay_holes()
    {
        await using var scratch = new CloneScratch("xfs");
        byte[] content = Write(scratch);
        SnapshotInfo snapshot = await scratch.SnapshotAsync();
        using LoopFileSystem other = LoopFileSystem.MakeOrSkip("ext4");
        string restored = Path.Combine(other.Mount, "restored");
        DifferentialSummary summary = await RestoreAsync(scratch, snapshot, restored);
        Assert.Equal(content, File.ReadAllBytes(restored));
        Assert.Equal(3 << 20, summary.DataBytes);
        Assert.InRange(FileStatus.GetPath(Encoding.UTF8.GetBytes(restored)).Blocks * 512, 3UL << 20, 4UL << 20);
    }

    [Fact]
    public async Task A_clone_that_was_written_to_is_not_restored()
    {
        await using var scratch = new CloneScratch("xfs");
        Write(scratch);
        SnapshotInfo snapshot = await scratch.SnapshotAsync();
        string clone = Directory.GetFiles(Path.Combine(scratch.Store, "clones")).Single();
        File.SetLastWriteTimeUtc(clone, DateTime.UnixEpoch);
        string restored = Path.Combine(scratch.Mount, "restored");
        await Assert.ThrowsAsync<CorruptDataException>(() => RestoreAsync(scratch, snapshot, restored));
        Assert.False(File.Exists(restored));
    }

    private static byte[] Write(CloneScratch scratch)
    {
        var content = new byte[Size];
        new Random(3).NextBytes(content.AsSpan(1 << 20, 2 << 20));
        new Random(4).NextBytes(content.AsSpan(40 << 20, 1 << 20));
        using FileStream file = File.Create(scratch.Image);
        file.SetLength(Size);
        foreach ((int at, int length) in new[] { (1 << 20, 2 << 20), (40 << 20, 1 << 20) })
        {
            file.Position = at;
            file.Write(content.AsSpan(at, length));
        }

        return content;
    }

    private static async Task<DifferentialSummary> RestoreAsync(CloneScratch scratch, SnapshotInfo snapshot, string destination)
    {
        DirectoryInfo state = Directory.CreateTempSubdirectory("seng-test-");
        try
        {
            return await BlockRestore.RestoreAsync(
                scratch.Engine, snapshot, BytePath.FromString(destination), new RestoreOptions { StateDirectory = state.FullName });
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static List<FileExtent> Map(string path)
    {
        List<FileExtent> extents = [];
        using var file = FileHandle.OpenRead(Encoding.UTF8.GetBytes(path));
        new FileExtentMap(file, 1000).Read(0, Size, extents);
        return extents;
    }

    private static string Mode(string path) => LoopFileSystem.Run("stat", "-c", "%A", path).Text.Trim();
}
