using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Restore;

/// <summary>A tree with one of everything that a file system holds, and ways to disturb it.</summary>
internal static class RichTree
{
    public static void Make(string path)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(path));
        File.WriteAllText(path + "/small", "hello");
        File.WriteAllText(path + "/empty", "");
        byte[] large = new byte[300_001];
        new Random(1).NextBytes(large);
        File.WriteAllBytes(path + "/large", large);
        using (FileStream sparse = File.Create(path + "/sparse"))
        {
            sparse.SetLength(1 << 25);
            sparse.Position = 20_000_000;
            sparse.Write("island"u8);
        }

        root.MakeDirectory("dir"u8);
        root.MakeDirectory("dir/deep"u8);
        File.WriteAllText(path + "/dir/deep/file", new string('x', 70_000));
        root.HardLink("small"u8, "dir/second-name"u8);
        root.HardLink("small"u8, "z-third-name"u8);
        root.MakeSymlink("link"u8, "dir/deep/file"u8);
        root.MakeSymlink("dangling"u8, "/nowhere/at all"u8);
        root.MakeNode("fifo"u8, FileType.Fifo, 0x1B6);
        root.MakeNode("socket"u8, FileType.Socket, 0x1ED);
        MakeOddNames(root);
        root.SetXattr("small"u8, "user.note"u8, "value with \0 in it"u8);
        root.SetXattr("dir"u8, "user.dir"u8, "d"u8);
        if (Environment.IsPrivilegedProcess)
        {
            root.MakeNode("null"u8, FileType.CharacterDevice, 0x1B6, 1, 3);
            root.SetOwner("large"u8, 1234, 5678);
            root.SetOwner("link"u8, 4321, 8765);
            root.SetXattr("large"u8, "trusted.t"u8, "only root"u8);
            EngineScratch.Run("setfacl", "-m", "u:1234:rwx,d:u:1234:r-x", path + "/dir");
        }

        root.SetMode("large"u8, 0x9ED); // 04755
        root.SetMode("dir/deep"u8, 0x5C0); // 02700
        root.SetTimes("small"u8, null, new PosixTime(-5, 123_456_789));
        root.SetTimes("link"u8, null, new PosixTime(1_000_000_000, 1));
        root.SetTimes("dir"u8, null, new PosixTime(1_500_000_000, 999_999_999));
        root.SetTimes(default, null, new PosixTime(1_400_000_000, 5));
    }

    /// <summary>Changes names, contents, types, links and attributes by chance.</summary>
    public static void Disturb(string path, int seed)
    {
        var random = new Random(seed);
        Action[] changes =
        [
            () => File.AppendAllText(path + "/small", "more"),
            () => Replace(path + "/large", "now a short one"),
            () => EngineScratch.Run("chmod", "0400", path + "/large"),
            () => File.Delete(path + "/link"),
            () => { File.Delete(path + "/fifo"); File.WriteAllText(path + "/fifo", "a file now"); },
            () => { Directory.Delete(path + "/dir/deep", true); File.WriteAllText(path + "/dir/deep", "a file now"); },
            () => { File.Delete(path + "/empty"); Directory.CreateDirectory(path + "/empty/with/content"); File.WriteAllText(path + "/empty/with/f", "1"); },
            () => File.Delete(path + "/dir/second-name"),
            () => { File.Delete(path + "/z-third-name"); EngineScratch.Run("ln", path + "/large", path + "/z-third-name"); },
            () => EngineScratch.Run("setfattr", "-n", "user.note", "-v", "changed", path + "/small"),
            () => EngineScratch.Run("setfattr", "-n", "user.extra", "-v", "1", path + "/dir"),
            () => EngineScratch.Run("chown", "-h", "77:88", path + "/dangling"),
            () => { using FileStream f = File.OpenWrite(path + "/sparse"); f.Position = 4096; f.Write("write into a hole"u8); },
            () => { using FileStream f = File.OpenWrite(path + "/sparse"); f.SetLength(30_000_000); },
            () => Directory.Move(path + "/dir", path + "/moved"),
            () => EngineScratch.Run("cp", "-a", path + "/large", path + "/a-copy"),
            () => File.SetLastWriteTimeUtc(path + "/large", DateTime.UnixEpoch),
            () => { File.Move(path + "/large", path + "/l2"); File.Move(path + "/socket", path + "/large"); },
            () => { File.Delete(path + "/dangling"); EngineScratch.Run("ln", "-s", "elsewhere", path + "/dangling"); },
        ];
        random.Shuffle(changes);
        foreach (Action change in changes.Take(8))
        {
            try
            {
                change();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or Xunit.Sdk.XunitException)
            {
                // An earlier change took away what this one works on.
            }
        }
    }

    private static void MakeOddNames(BeneathRoot root)
    {
        root.CreateFile("new\nline"u8).Dispose();
        root.CreateFile([0xFF, 0xFE, (byte)'x']).Dispose();
        root.CreateFile(Encoding.UTF8.GetBytes(new string('n', 255))).Dispose();
        root.CreateFile("-dash"u8).Dispose();
        root.CreateFile("back\\slash"u8).Dispose();
    }

    private static void Replace(string path, string content)
    {
        File.Delete(path);
        File.WriteAllText(path, content);
    }
}
