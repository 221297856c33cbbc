using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

public sealed class AttributeTests
{
    [Fact]
    public void Status_tells_what_was_set()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        using (SafeFileHandle file = root.CreateFile("f"u8))
            FileWriting.WriteAt(file, new byte[5000], 0);
        root.HardLink("f"u8, "g"u8);
        root.SetMode("f"u8, 0xFED); // 07755
        PosixTime access = new(-5, 999_999_999);
        PosixTime modification = new(4_000_000_000, 123_456_789);
        root.SetTimes("f"u8, access, modification);

        FileStatus status = FileStatus.GetAt(root.Root, "f"u8);
        Assert.Equal(FileType.Regular, status.Type);
        Assert.Equal(0xFEDu, status.Mode);
        Assert.Equal(5000, status.Size);
        Assert.Equal(2u, status.LinkCount);
        Assert.Equal(access, status.AccessTime);
        Assert.Equal(modification, status.ModificationTime);
        Assert.Equal(status.Inode, FileStatus.GetAt(root.Root, "g"u8).Inode);
        Assert.Equal(status.DeviceMinor, FileStatus.Get(root.Root).DeviceMinor);
        Assert.Equal((Int128)(-4_000_000_001), access.TotalNanoseconds);
        Assert.True(access.CompareTo(modification) < 0);
    }

    [Fact]
    public void Birth_time_lies_between_its_neighbours()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.CreateFile("a"u8).Dispose();
        root.CreateFile("b"u8).Dispose();
        FileStatus a = FileStatus.GetAt(root.Root, "a"u8);
        Assert.SkipUnless(a.BirthTime is not null, "backend missing: btime: the file system of /tmp keeps no birth time");
        Assert.True(a.BirthTime!.Value.CompareTo(FileStatus.GetAt(root.Root, "b"u8).BirthTime!.Value) <= 0);
        root.SetTimes("a"u8, new PosixTime(1, 0), new PosixTime(1, 0));
        Assert.Equal(a.BirthTime, FileStatus.GetAt(root.Root, "a"u8).BirthTime);
    }

    [Fact]
    public void A_missing_name_is_false_and_a_missing_parent_too()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.CreateFile("f"u8).Dispose();
        Assert.False(FileStatus.TryGetAt(root.Root, "none"u8, out _));
        Assert.Equal(Errno.ENOENT, Assert.Throws<PosixException>(() => FileStatus.GetAt(root.Root, "none"u8)).Errno);
        Assert.False(root.TryGetStatus("none/none"u8, out _));
        Assert.False(root.TryGetStatus("f/none"u8, out _));
        Assert.False(root.Unlink("none/none"u8));
        Assert.False(root.RemoveDirectory("none"u8));
    }

    [Fact]
    public void A_null_time_stays_and_impossible_nanoseconds_are_refused()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.CreateFile("f"u8).Dispose();
        root.SetTimes("f"u8, new PosixTime(10, 1), new PosixTime(20, 2));
        root.SetTimes("f"u8, null, new PosixTime(30, 3));
        root.SetTimes("f"u8, new PosixTime(40, 4), null);
        FileStatus status = FileStatus.GetAt(root.Root, "f"u8);
        Assert.Equal(new PosixTime(40, 4), status.AccessTime);
        Assert.Equal(new PosixTime(30, 3), status.ModificationTime);
        foreach (int nanoseconds in new[] { -1, 1_000_000_000, (1 << 30) - 1, (1 << 30) - 2 })
            Assert.Throws<PosixException>(() => root.SetTimes("f"u8, null, new PosixTime(0, nanoseconds)));
        Assert.Equal(new PosixTime(30, 3), FileStatus.GetAt(root.Root, "f"u8).ModificationTime);
    }

    [Fact]
    public void The_root_itself_carries_attributes()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.SetMode([], 0x1E8);
        root.SetTimes([], null, new PosixTime(77, 8));
        root.SetXattr([], "user.root"u8, "yes"u8);
        Assert.True(root.TryGetStatus([], out FileStatus status));
        Assert.Equal(0x1E8u, status.Mode);
        Assert.Equal(new PosixTime(77, 8), status.ModificationTime);
        Assert.Equal("yes"u8.ToArray(), root.GetXattr([], "user.root"u8));
    }

    [Fact]
    public void Xattrs_work_on_odd_names_and_large_values()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.MakeDirectory("d"u8);
        byte[] large = new byte[3000];
        new Random(3).NextBytes(large);
        foreach (byte[] name in DirectoryTests.OddNames)
        {
            byte[] path = [.. "d/"u8, .. name];
            root.CreateFile(path).Dispose();
            Assert.Empty(root.ListXattrs(path));
            root.SetXattr(path, "user.empty"u8, []);
            root.SetXattr(path, [.. "user."u8, 0xFF, 10], large);
            Assert.Equal(["757365722E656D707479", "757365722EFF0A"], root.ListXattrs(path).Select(Convert.ToHexString).Order());
            Assert.Equal(Array.Empty<byte>(), root.GetXattr(path, "user.empty"u8));
            Assert.Equal(large, root.GetXattr(path, [.. "user."u8, 0xFF, 10]));
            Assert.True(root.RemoveXattr(path, "user.empty"u8));
            Assert.False(root.RemoveXattr(path, "user.empty"u8));
            Assert.Null(root.GetXattr(path, "user.empty"u8));
            Assert.Single(root.ListXattrs(path));
        }
        root.SetXattr("d"u8, "user.dir"u8, "v"u8);
        Assert.Equal("v"u8.ToArray(), Xattr.Get(root.Root, "d"u8, "user.dir"u8));
        Assert.Equal(Errno.ENOENT, Assert.Throws<PosixException>(() => root.ListXattrs("d/none"u8)).Errno);
    }

    [Fact]
    public void Many_xattr_names_are_all_listed()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.CreateFile("f"u8).Dispose();
        string[] names = [.. Enumerable.Range(0, 60).Select(i => $"user.{new string('n', 30)}-{i:D2}")];
        foreach (string name in names)
            root.SetXattr("f"u8, Encoding.ASCII.GetBytes(name), []);
        Assert.Equal(names, root.ListXattrs("f"u8).Select(Encoding.ASCII.GetString).Order());
    }

    [Fact]
    public void Trusted_xattrs_reach_links_pipes_and_sockets_themselves()
    {
        Assert.SkipUnless(OtherUser.IsRoot, "backend missing: root: trusted attributes need it");
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.CreateFile("target"u8).Dispose();
        root.MakeSymlink("link"u8, "target"u8);
        root.MakeSymlink("dangling"u8, "nowhere"u8);
        root.MakeNode("pipe"u8, FileType.Fifo, 0x180);
        root.MakeNode("socket"u8, FileType.Socket, 0x180);
        foreach (string name in new[] { "link", "dangling", "pipe", "socket" })
        {
            byte[] path = Encoding.ASCII.GetBytes(name);
            root.SetXattr(path, "trusted.mark"u8, path);
            Assert.Equal(path, root.GetXattr(path, "trusted.mark"u8));
            Assert.Equal("trusted.mark"u8.ToArray(), Assert.Single(root.ListXattrs(path)));
        }
        Assert.Empty(root.ListXattrs("target"u8));
        Assert.Equal(Errno.EPERM, Assert.Throws<PosixException>(() => root.SetXattr("link"u8, "user.x"u8, [])).Errno);
    }

    [Fact]
    public void Owners_and_devices_are_set_as_root()
    {
        Assert.SkipUnless(OtherUser.IsRoot, "backend missing: root: owners and devices need it");
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.CreateFile("f"u8).Dispose();
        root.MakeSymlink("l"u8, "f"u8);
        root.SetOwner("f"u8, 1234, 5678);
        root.SetOwner("f"u8, null, 99);
        root.SetOwner("l"u8, 4321, null);
        Assert.Equal((1234u, 99u), Owner(root, "f"u8));
        Assert.Equal((4321u, 0u), Owner(root, "l"u8));
        root.MakeNode("null"u8, FileType.CharacterDevice, 0x1B6, 1, 3);
        root.MakeNode("big"u8, FileType.BlockDevice, 0x180, 4095, 1_048_575);
        Assert.True(root.TryGetStatus("null"u8, out FileStatus status));
        Assert.Equal((FileType.CharacterDevice, 1u, 3u), (status.Type, status.NodeMajor, status.NodeMinor));
        Assert.True(root.TryGetStatus("big"u8, out status));
        Assert.Equal((FileType.BlockDevice, 4095u, 1_048_575u), (status.Type, status.NodeMajor, status.NodeMinor));
        Assert.Throws<PosixException>(() => root.MakeNode("x"u8, FileType.BlockDevice, 0, 4096, 0));
        Assert.Equal(Errno.EINVAL, Assert.Throws<PosixException>(() => root.OpenFileForWrite("null"u8)).Errno);
    }

    [Fact]
    public void An_ordinary_user_reads_files_of_others_and_is_told_what_it_may_not()
    {
        Assert.SkipUnless(OtherUser.IsRoot, "backend missing: root: needed to become another user");
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.SetMode([], 0x1ED);
        using (SafeFileHandle file = root.CreateFile("open"u8))
            FileWriting.WriteAt(file, "text"u8, 0);
        root.SetMode("open"u8, 0x1A4);
        root.CreateFile("closed"u8).Dispose();
        root.MakeDirectory("own"u8);
        root.SetOwner("own"u8, OtherUser.Nobody, OtherUser.Nobody);
        OtherUser.Run(() =>
        {
            using BeneathRoot other = scratch.Root();
            using SafeFileHandle file = FileHandle.OpenRead(other.Root, "open"u8); // O_NOATIME is refused to strangers
            byte[] text = new byte[10];
            Assert.Equal(4, FileHandle.ReadAt(file, text, 0));
            Assert.Equal(Errno.EACCES, Assert.Throws<PosixException>(() => FileHandle.OpenRead(other.Root, "closed"u8)).Errno);
            Assert.Equal(Errno.EACCES, Assert.Throws<PosixException>(() => other.CreateFile("new"u8)).Errno);
            Assert.Equal(Errno.EPERM, Assert.Throws<PosixException>(() => other.SetMode("open"u8, 0x1FF)).Errno);
            Assert.Equal(Errno.EPERM, Assert.Throws<PosixException>(() => other.SetOwner("open"u8, OtherUser.Nobody, null)).Errno);
            other.CreateFile("own/f"u8).Dispose();
            Assert.Equal(Errno.EPERM, Assert.Throws<PosixException>(() => other.MakeNode("own/dev"u8, FileType.BlockDevice, 0, 1, 1)).Errno);
            other.MakeNode("own/pipe"u8, FileType.Fifo, 0x180);
            other.SetXattr("own/f"u8, "user.x"u8, "v"u8);
            using DirectoryHandle own = other.OpenDirectory("own"u8);
            AtomicFile.Write(own, "atomic"u8, "whole"u8);
        });
        Assert.Equal("whole", File.ReadAllText(scratch.Path + "/own/atomic"));
    }

    private static (uint User, uint Group) Owner(BeneathRoot root, ReadOnlySpan<byte> path)
    {
        Assert.True(root.TryGetStatus(path, out FileStatus status));
        return (status.UserId, status.GroupId);
    }
}
