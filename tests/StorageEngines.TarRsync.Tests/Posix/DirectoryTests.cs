using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

public sealed class DirectoryTests
{
    public static readonly byte[][] OddNames =
    [
        "new\nline"u8.ToArray(), [0xFF, 0xFE, 0x80], [.. Enumerable.Repeat((byte)'x', 255)], " "u8.ToArray(), "..."u8.ToArray(),
        "-rf"u8.ToArray(), "\\"u8.ToArray(), ".hidden"u8.ToArray(), "漢字"u8.ToArray(), [1], "*?\"'$`"u8.ToArray(),
    ];

    [Fact]
    public void Odd_names_are_listed_as_they_were_made()
    {
        using ScratchDirectory scratch = new();
        using (BeneathRoot root = scratch.Root())
        {
            foreach (byte[] name in OddNames)
                root.CreateFile(name).Dispose();
        }
        using DirectoryHandle directory = scratch.Open();
        Assert.Equal(OddNames.Select(Convert.ToHexString).Order(), List(directory, 4096).Select(Convert.ToHexString).Order());
    }

    [Fact]
    public void A_listing_larger_than_the_buffer_is_complete_and_repeats_after_rewind()
    {
        using ScratchDirectory scratch = new();
        for (int i = 0; i < 1000; i++)
            File.WriteAllBytes($"{scratch.Path}/file-with-some-length-{i}", []);
        using DirectoryHandle directory = scratch.Open();
        Assert.Equal(1000, List(directory, DirectoryEntries.MinimumBuffer).Select(Convert.ToHexString).Distinct().Count());
        Assert.Empty(List(directory, 4096));
        directory.Rewind();
        Assert.Equal(1000, List(directory, 65536).Count);
    }

    [Fact]
    public void Listing_allocates_nothing_per_entry()
    {
        using ScratchDirectory scratch = new();
        for (int i = 0; i < 500; i++)
            File.WriteAllBytes($"{scratch.Path}/{i}", []);
        using DirectoryHandle directory = scratch.Open();
        byte[] buffer = new byte[65536];
        Assert.Equal(500, CountAndStat(directory, buffer));
        directory.Rewind();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = CountAndStat(directory, buffer);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(500, count);
    }

    [Fact]
    public void The_type_and_inode_of_an_entry_match_its_status()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.MakeDirectory("d"u8);
        root.MakeSymlink("l"u8, "d"u8);
        root.CreateFile("f"u8).Dispose();
        root.MakeNode("p"u8, FileType.Fifo, 0x1A4);
        root.MakeNode("s"u8, FileType.Socket, 0x1A4);
        int seen = 0;
        foreach (DirectoryEntry entry in root.Root.Entries(new byte[4096]))
        {
            FileStatus status = FileStatus.GetAt(root.Root, entry.Name);
            Assert.Equal(status.Type, entry.Type);
            Assert.Equal(status.Inode, entry.Inode);
            seen++;
        }
        Assert.Equal(5, seen);
    }

    [Fact]
    public void A_removed_directory_lists_as_empty()
    {
        using ScratchDirectory scratch = new();
        Directory.CreateDirectory(scratch.Path + "/gone");
        using DirectoryHandle top = scratch.Open();
        using DirectoryHandle gone = top.OpenChild("gone"u8);
        Directory.Delete(scratch.Path + "/gone");
        Assert.Empty(List(gone, 4096));
    }

    [Fact]
    public void A_child_that_is_a_link_or_a_path_is_not_opened()
    {
        using ScratchDirectory scratch = new();
        Directory.CreateSymbolicLink(scratch.Path + "/link", "/etc");
        using DirectoryHandle top = scratch.Open();
        Assert.Equal(Errno.ENOTDIR, Assert.Throws<PosixException>(() => top.OpenChild("link"u8)).Errno);
        foreach (string name in new[] { "link/passwd", "..", ".", "", "a\0b" })
            Assert.Equal(Errno.EINVAL, Assert.Throws<PosixException>(() => top.OpenChild(Encoding.UTF8.GetBytes(name))).Errno);
    }

    [Fact]
    public void Errors_print_the_name_without_loss()
    {
        using ScratchDirectory scratch = new();
        using DirectoryHandle top = scratch.Open();
        PosixException error = Assert.Throws<PosixException>(() => top.OpenChild([(byte)'a', 10, 0xFF]));
        Assert.Equal(@"a\x0A\xFF", error.Path);
        Assert.Equal("openat", error.Operation);
        Assert.Equal(@"openat 'a\x0A\xFF': No such file or directory (ENOENT)", error.Message);
        Assert.IsAssignableFrom<IOException>(error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Paths_longer_than_the_kernel_takes_are_walked_and_written(bool componentWise)
    {
        using ScratchDirectory scratch = new();
        byte[] component = [.. Enumerable.Repeat((byte)'d', 200)];
        List<byte> path = [];
        using (BeneathRoot root = scratch.Root(componentWise))
        {
            for (int i = 0; i < 60; i++)
            {
                path.AddRange(i == 0 ? component : [(byte)'/', .. component]);
                root.MakeDirectory(path.ToArray());
            }
            byte[] file = [.. path, (byte)'/', (byte)'f'];
            Assert.True(file.Length > 12_000);
            using (SafeFileHandle handle = root.CreateFile(file))
                FileWriting.WriteAt(handle, "deep"u8, 0);
            Assert.True(root.TryGetStatus(file, out FileStatus status));
            Assert.Equal(4, status.Size);
            root.SetTimes(file, null, new PosixTime(1, 2));
            root.SyncDirectory(path.ToArray());
        }
        DirectoryHandle current = scratch.Open();
        for (int i = 0; i < 60; i++)
        {
            DirectoryHandle child = current.OpenChild(component);
            current.Dispose();
            current = child;
        }
        using (current)
            Assert.Equal(new PosixTime(1, 2), FileStatus.GetAt(current, "f"u8).ModificationTime);
    }

    internal static List<byte[]> List(DirectoryHandle directory, int bufferSize)
    {
        List<byte[]> names = [];
        foreach (DirectoryEntry entry in directory.Entries(new byte[bufferSize]))
            names.Add(entry.Name.ToArray());
        return names;
    }

    private static int CountAndStat(DirectoryHandle directory, byte[] buffer)
    {
        int count = 0;
        foreach (DirectoryEntry entry in directory.Entries(buffer))
            count += FileStatus.TryGetAt(directory, entry.Name, out _) ? 1 : 0;
        return count;
    }
}
