using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

/// <summary>What needs a real btrfs or a block device.</summary>
public sealed class BackendTests
{
    [Fact]
    public void Clones_share_blocks_on_btrfs_and_are_refused_elsewhere()
    {
        using ScratchDirectory scratch = new();
        using (BeneathRoot root = scratch.Root())
        {
            Assert.SkipUnless(Statfs.Get(root.Root).Name is "ext4", "backend missing: ext4: /tmp is on another file system");
            using SafeFileHandle a = root.CreateFile("a"u8);
            using SafeFileHandle b = root.CreateFile("b"u8);
            FileWriting.WriteAt(a, new byte[4096], 0);
            Assert.False(StorageEngines.Posix.Reflink.TryClone(a, b));
        }
        using SafeFileHandle image = File.OpenHandle(scratch.Path + "/image", FileMode.CreateNew, FileAccess.ReadWrite);
        FileWriting.Truncate(image, 256L << 20);
        Assert.SkipUnless(OtherUser.IsRoot && Run("mkfs.btrfs", "-q", scratch.Path + "/image"), "backend missing: btrfs: no mkfs.btrfs or not root");
        Directory.CreateDirectory(scratch.Path + "/mount");
        Assert.SkipUnless(Run("mount", "-o", "loop", scratch.Path + "/image", scratch.Path + "/mount"), "backend missing: btrfs: no loop mount");
        try
        {
            using BeneathRoot root = BeneathRoot.Open([.. scratch.Bytes, .. "/mount"u8]);
            Assert.Equal("btrfs", Statfs.Get(root.Root).Name);
            using SafeFileHandle a = root.CreateFile("a"u8);
            using SafeFileHandle b = root.CreateFile("b"u8);
            FileWriting.WriteAt(a, Encoding.ASCII.GetBytes(new string('x', 100_000)), 0);
            Assert.True(StorageEngines.Posix.Reflink.TryClone(a, b));
            Assert.Equal(100_000, FileHandle.GetLength(b));
            Assert.True(FileStatus.GetAt(root.Root, "a"u8).BirthTime is not null);
            using DirectoryHandle outside = scratch.Open();
            Assert.True(FileStatus.GetAt(outside, "mount"u8).IsMountRoot);
            using SafeFileHandle far = File.OpenHandle(scratch.Path + "/far", FileMode.CreateNew, FileAccess.ReadWrite);
            Assert.False(StorageEngines.Posix.Reflink.TryClone(a, far));
            root.SyncAll();
        }
        finally
        {
            Assert.True(Run("umount", scratch.Path + "/mount"));
        }
    }

    [Fact]
    public void A_block_device_tells_its_length_and_is_one_segment()
    {
        using ScratchDirectory scratch = new();
        File.WriteAllBytes(scratch.Path + "/image", new byte[3 << 20]);
        string device = "";
        Assert.SkipUnless(
            OtherUser.IsRoot && Run(out device, "losetup", "--find", "--show", scratch.Path + "/image"),
            "backend missing: loop: no losetup or not root");
        try
        {
            using SafeFileHandle file = FileHandle.OpenRead(Encoding.ASCII.GetBytes(device.Trim()));
            Assert.Equal(FileType.BlockDevice, FileStatus.Get(file).Type);
            Assert.Equal(3 << 20, FileHandle.GetLength(file));
            Assert.True(FileSegments.TryNextData(file, 0, 3 << 20, out FileSegment segment));
            Assert.Equal(new FileSegment(0, 3 << 20), segment);
        }
        finally
        {
            Assert.True(Run("losetup", "--detach", device.Trim()));
        }
    }

    private static bool Run(string program, params string[] arguments) => Run(out _, program, arguments);

    private static bool Run(out string output, string program, params string[] arguments)
    {
        output = "";
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // the program is not installed
        }
    }
}
