using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

public sealed class FileTests
{
    private const long MiB = 1 << 20;

    [Fact(Timeout = 20_000)]
    public async Task Pipes_and_sockets_never_hang()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.MakeNode("pipe"u8, FileType.Fifo, 0x180);
        root.MakeNode("socket"u8, FileType.Socket, 0x180);
        await Task.Run(() =>
        {
            using (SafeFileHandle pipe = FileHandle.OpenRead(root.Root, "pipe"u8))
                Assert.Equal(FileType.Fifo, FileStatus.Get(pipe).Type);
            Assert.Equal(Errno.EINVAL, Assert.Throws<PosixException>(() => FileHandle.OpenRegular(root.Root, "pipe"u8, out _)).Errno);
            Assert.Equal(Errno.ENXIO, Assert.Throws<PosixException>(() => FileHandle.OpenRead(root.Root, "socket"u8)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<PosixException>(() => root.OpenFileForWrite("pipe"u8)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<PosixException>(() => root.OpenFileForRead("pipe"u8)).Errno);
        }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Reading_stops_at_the_end_and_works_with_RandomAccess()
    {
        using ScratchDirectory scratch = new();
        File.WriteAllText(scratch.Path + "/f", "0123456789");
        using DirectoryHandle directory = scratch.Open();
        using SafeFileHandle file = FileHandle.OpenRegular(directory, "f"u8, out FileStatus status);
        byte[] buffer = new byte[20];
        Assert.Equal(10, status.Size);
        Assert.Equal(7, FileHandle.ReadAt(file, buffer, 3));
        Assert.Equal("3456789"u8.ToArray(), buffer[..7]);
        Assert.Equal(0, FileHandle.ReadAt(file, buffer, 10));
        Assert.Equal(0, FileHandle.ReadAt(file, [], 0));
        Assert.Equal(10, RandomAccess.Read(file, buffer, 0));
        Assert.Equal(10, FileHandle.GetLength(file));
        FileHandle.AdviseSequential(file);
        FileHandle.AdviseDone(file, 0, 10);
    }

    [Fact]
    public void Reading_does_not_touch_the_access_time_of_own_files()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        using (SafeFileHandle written = root.CreateFile("f"u8))
            FileWriting.WriteAt(written, "text"u8, 0);
        PosixTime old = new(1_000_000, 5);
        root.SetTimes("f"u8, old, null);
        using SafeFileHandle file = FileHandle.OpenRead(root.Root, "f"u8);
        Assert.Equal(4, FileHandle.ReadAt(file, new byte[8], 0));
        Assert.Equal(old, FileStatus.Get(file).AccessTime);
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public void Segments_of_a_sparse_file_are_found(string where)
    {
        using ScratchDirectory scratch = new(where);
        using BeneathRoot root = scratch.Root();
        using SafeFileHandle file = root.CreateFile("sparse"u8);
        Assert.Empty(Segments(file, 0, 0));
        FileWriting.Truncate(file, 64 * MiB);
        Assert.Empty(Segments(file, 0, 64 * MiB));
        FileWriting.WriteAt(file, new byte[MiB], 8 * MiB);
        FileWriting.WriteAt(file, new byte[MiB], 32 * MiB);
        FileWriting.WriteAt(file, new byte[MiB], 63 * MiB);
        Assert.Equal([new(8 * MiB, MiB), new(32 * MiB, MiB), new(63 * MiB, MiB)], Segments(file, 0, 64 * MiB));
        Assert.Equal([new((8 * MiB) + 4096, MiB - 4096)], Segments(file, (8 * MiB) + 4096, 32 * MiB));
        Assert.Equal([new(32 * MiB, 4096)], Segments(file, 9 * MiB, (32 * MiB) + 4096));
        Assert.Empty(Segments(file, 9 * MiB, 32 * MiB));
        Assert.Empty(Segments(file, 64 * MiB, 80 * MiB));
    }

    [Fact]
    public void A_file_that_cannot_tell_is_one_segment()
    {
        using SafeFileHandle file = FileHandle.OpenRead("/proc/self/maps"u8);
        Assert.Equal([new(5, 95)], Segments(file, 5, 100));
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public void A_punched_hole_reads_zero_and_the_length_stays(string where)
    {
        using ScratchDirectory scratch = new(where);
        using BeneathRoot root = scratch.Root();
        byte[] data = [.. Enumerable.Repeat((byte)7, (int)MiB)];
        using SafeFileHandle file = root.CreateFile("f"u8);
        FileWriting.WriteAt(file, data, 0);
        ulong blocks = FileStatus.Get(file).Blocks;
        Assert.True(FileWriting.PunchHole(file, 4096, MiB / 2));
        Assert.True(FileWriting.PunchHole(file, MiB - 10, 100));
        data.AsSpan(4096, (int)(MiB / 2)).Clear();
        data.AsSpan((int)MiB - 10).Clear();
        AssertContent(data, file);
        Assert.True(FileStatus.Get(file).Blocks < blocks);
    }

    [Fact]
    public void Zeroes_written_instead_of_a_hole_do_not_grow_the_file()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        byte[] data = [.. Enumerable.Repeat((byte)7, 200_000)];
        using SafeFileHandle file = root.CreateFile("f"u8);
        FileWriting.WriteAt(file, data, 0);
        FileWriting.WriteZeroes(file, 10, 150_000);
        FileWriting.WriteZeroes(file, 199_990, 1000);
        FileWriting.WriteZeroes(file, 300_000, 1000);
        data.AsSpan(10, 150_000).Clear();
        data.AsSpan(199_990).Clear();
        AssertContent(data, file);
    }

    [Fact]
    public void A_lock_excludes_until_it_is_given_back()
    {
        using ScratchDirectory scratch = new();
        File.WriteAllText(scratch.Path + "/lock", "");
        byte[] path = [.. scratch.Bytes, .. "/lock"u8];
        using SafeFileHandle one = FileHandle.OpenReadWrite(path);
        using SafeFileHandle two = FileHandle.OpenRead(path);
        using (FileLock? held = FileLock.TryAcquire(one, exclusive: true))
        {
            Assert.NotNull(held);
            Assert.Null(FileLock.TryAcquire(two, exclusive: true));
            Assert.Null(FileLock.TryAcquire(two, exclusive: false));
        }
        using FileLock? first = FileLock.TryAcquire(one, exclusive: false);
        using FileLock? second = FileLock.TryAcquire(two, exclusive: false);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(FileLock.TryAcquire(one, exclusive: true));
        one.Dispose();
        first.Dispose();
        using FileLock? alone = FileLock.TryAcquire(two, exclusive: true);
        Assert.NotNull(alone);
    }

    [Fact]
    public void File_systems_are_known_by_name()
    {
        using DirectoryHandle proc = DirectoryHandle.Open("/proc"u8);
        Assert.Equal("proc", Statfs.Get(proc).Name);
        using ScratchDirectory scratch = new("/dev/shm");
        using DirectoryHandle memory = scratch.Open();
        Statfs statfs = Statfs.Get(memory);
        Assert.Equal("tmpfs", statfs.Name);
        DriveInfo drive = new("/dev/shm");
        Assert.Equal(drive.TotalSize, statfs.TotalBytes);
        Assert.InRange(statfs.FreeBytesAvailable, 1, statfs.TotalBytes);
        Assert.False(statfs.IsReadOnly);
    }

    private static List<FileSegment> Segments(SafeFileHandle file, long from, long end)
    {
        List<FileSegment> found = [];
        while (FileSegments.TryNextData(file, from, end, out FileSegment segment))
        {
            found.Add(segment);
            from = segment.End;
        }
        return found;
    }

    private static void AssertContent(byte[] expected, SafeFileHandle file)
    {
        byte[] content = new byte[expected.Length + 100];
        Assert.Equal(expected.Length, FileHandle.ReadAt(file, content, 0));
        Assert.True(expected.AsSpan().SequenceEqual(content.AsSpan(0, expected.Length)));
    }
}
