using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Restore;

/// <summary>Clones to a file system that is too small.</summary>
public sealed class CloneSpaceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clone_that_cannot_fit_is_refused_before_the_first_write(bool tree)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: needed to mount a tmpfs");
        using var scratch = new EngineScratch();
        var random = new Random(1);
        var content = new byte[3 << 20];
        random.NextBytes(content);
        File.WriteAllBytes(scratch.At("image"), content);
        SnapshotInfo snapshot = await scratch.SnapshotAsync("one", tree ? null : scratch.At("image"));
        await OnSmallFileSystemAsync(scratch, async small =>
        {
            StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => scratch.Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(small + "/clone")));
            Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (error.Status, error.Reason));
            Assert.Contains("Nothing was written", error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(small));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Holes_do_not_count(bool tree)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: needed to mount a tmpfs");
        using var scratch = new EngineScratch();
        using (FileStream file = File.Create(scratch.At("sparse")))
        {
            file.SetLength(100 << 20);
            file.Position = 50 << 20;
            file.WriteByte(1);
        }

        SnapshotInfo snapshot = await scratch.SnapshotAsync("one", tree ? null : scratch.At("sparse"));
        await OnSmallFileSystemAsync(scratch, async small =>
        {
            await scratch.Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(small + "/clone"));
            Assert.Equal(100 << 20, new FileInfo(tree ? small + "/clone/sparse" : small + "/clone").Length);
        });
    }

    private static async Task OnSmallFileSystemAsync(EngineScratch scratch, Func<string, Task> action)
    {
        string small = Directory.CreateDirectory(Path.Combine(scratch.Root, "small")).FullName;
        EngineScratch.Run("mount", "-t", "tmpfs", "-o", "size=2m", "seng-test-clone", small);
        try
        {
            await action(small);
        }
        finally
        {
            EngineScratch.Run("umount", "-l", small);
        }
    }
}
