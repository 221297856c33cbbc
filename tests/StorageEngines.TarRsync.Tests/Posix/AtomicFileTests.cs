using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

public sealed class AtomicFileTests
{
    [Theory]
    [InlineData(false, "/tmp")]
    [InlineData(true, "/tmp")]
    [InlineData(false, "/dev/shm")]
    public void A_file_appears_whole_with_its_mode_and_replaces_the_old(bool named, string where)
    {
        using ScratchDirectory scratch = new(where);
        using DirectoryHandle directory = scratch.Open();
        foreach (string content in new[] { "first", "second" })
        {
            using AtomicFile file = AtomicFile.Create(directory, "f"u8, 0x1B6, named);
            FileWriting.WriteAt(file.Handle, System.Text.Encoding.ASCII.GetBytes(content), 0);
            Assert.DoesNotContain(content, File.Exists(scratch.Path + "/f") ? File.ReadAllText(scratch.Path + "/f") : "", StringComparison.Ordinal);
            file.Publish();
            Assert.Equal(content, File.ReadAllText(scratch.Path + "/f"));
        }
        Assert.Equal(0x1B6u, FileStatus.GetAt(directory, "f"u8).Mode);
        Assert.Single(DirectoryTests.List(directory, 4096));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_replace_a_taken_name_stays_and_nothing_is_left(bool named)
    {
        using ScratchDirectory scratch = new();
        using DirectoryHandle directory = scratch.Open();
        using (AtomicFile fresh = AtomicFile.Create(directory, "f"u8, named: named))
        {
            FileWriting.WriteAt(fresh.Handle, "old"u8, 0);
            fresh.Publish(replace: false);
        }
        using (AtomicFile second = AtomicFile.Create(directory, "f"u8, named: named))
            Assert.Equal(Errno.EEXIST, Assert.Throws<PosixException>(() => second.Publish(replace: false)).Errno);
        Assert.Equal("old", File.ReadAllText(scratch.Path + "/f"));
        directory.Rewind();
        Assert.Single(DirectoryTests.List(directory, 4096));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_not_published_leaves_nothing(bool named)
    {
        using ScratchDirectory scratch = new();
        using DirectoryHandle directory = scratch.Open();
        using (AtomicFile file = AtomicFile.Create(directory, "f"u8, named: named))
        {
            FileWriting.WriteAt(file.Handle, "half"u8, 0);
            List<byte[]> during = DirectoryTests.List(directory, 4096);
            Assert.Equal(named ? 1 : 0, during.Count);
            Assert.All(during, name => Assert.True(AtomicFile.IsTemporaryName(name)));
        }
        directory.Rewind();
        Assert.Empty(DirectoryTests.List(directory, 4096));
    }

    [Fact]
    public void Publishing_over_a_directory_fails_and_leaves_nothing()
    {
        using ScratchDirectory scratch = new();
        Directory.CreateDirectory(scratch.Path + "/f");
        using DirectoryHandle directory = scratch.Open();
        Assert.Equal(Errno.EISDIR, Assert.Throws<PosixException>(() => AtomicFile.Write(directory, "f"u8, "x"u8)).Errno);
        Assert.Single(DirectoryTests.List(directory, 4096));
    }
}
