using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>Does random things to a tree: names move, change places, get links and go; contents are written, cut, punched, shared.</summary>
internal sealed class TreeHistory(string directory, Random random)
{
    private int _made;

    /// <summary>Makes a tree of so many directories and files.</summary>
    internal void Begin(int count)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(directory));
        root.MakeDirectory("d"u8);
        for (; count > 0; count--)
        {
            string path = Path.Combine(Any(isDirectory: true), string.Create(CultureInfo.InvariantCulture, $"b{count}"));
            if (count % 3 == 0)
            {
                root.MakeDirectory(Bytes(path));
            }
            else
            {
                Write(root, path);
            }
        }
    }

    internal void Play(int count)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(directory));
        while (count-- > 0)
        {
            try
            {
                One(root);
            }
            catch (PosixException)
            {
                // Such as a directory that would be moved below itself: chance asked for what cannot be.
            }
        }
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);

    private void One(BeneathRoot root)
    {
        switch (random.Next(17))
        {
            case 0 or 1: root.MakeDirectory(Bytes(Fresh("d"))); break;
            case 2 or 3: Write(root, Fresh("f")); break;
            case 4 or 5 or 6: Write(root, Any(isDirectory: false)); break;
            case 7: Truncate(Any(isDirectory: false)); break;
            case 8: root.HardLink(Bytes(Any(isDirectory: false)), Bytes(Fresh("l"))); break;
            case 9: root.Unlink(Bytes(Any(isDirectory: false))); break;
            case 10: root.Rename(Bytes(Any(null)), Bytes(Fresh("m"))); break;
            case 11: root.Rename(Bytes(Any(null)), Bytes(Any(null)), RenameMode.Exchange); break;
            case 12: root.Rename(Bytes(Any(false)), Bytes(Any(false))); break;
            case 13: root.SetMode(Bytes(Any(null)), (uint)random.Next(0x180, 0x200)); break;
            case 14: Share(Any(isDirectory: false), Any(isDirectory: false)); break;
            case 15: Punch(Any(isDirectory: false)); break;
            default: RemoveSome(); break;
        }
    }

    private string Fresh(string prefix)
    {
        string above = random.Next(3) == 0 ? "" : Any(isDirectory: true);
        return Path.Combine(above, string.Create(CultureInfo.InvariantCulture, $"{prefix}{(random.Next(3) == 0 ? random.Next(10) : _made++)}"));
    }

    private string Any(bool? isDirectory)
    {
        List<string> all = [.. Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories)
            .Where(path => isDirectory is null || Directory.Exists(path) == isDirectory).Order(StringComparer.Ordinal)];
        return all.Count == 0 ? throw new PosixException(Errno.ENOENT, "choose", "any"u8) : Path.GetRelativePath(directory, all[random.Next(all.Count)]);
    }

    private SafeFileHandle Open(string path) => File.OpenHandle(Path.Combine(directory, path), FileMode.OpenOrCreate, FileAccess.ReadWrite);

    private void Write(BeneathRoot root, string path)
    {
        if (root.TryGetStatus(Bytes(path), out FileStatus status) && status.IsDirectory)
        {
            return;
        }

        using SafeFileHandle file = Open(path);
        byte[] bytes = new byte[random.Next(1, 30_000)];
        random.NextBytes(bytes);
        FileWriting.WriteAt(file, bytes, random.Next(3) == 0 ? 0 : random.Next(60_000));
    }

    private void Truncate(string path)
    {
        using SafeFileHandle file = Open(path);
        FileWriting.Truncate(file, random.Next(80_000));
    }

    private void Punch(string path)
    {
        using SafeFileHandle file = Open(path);
        FileWriting.PunchHole(file, random.Next(20_000), random.Next(1, 40_000));
    }

    private void Share(string from, string to)
    {
        using SafeFileHandle source = Open(from);
        using SafeFileHandle target = Open(to);
        Reflink.TryClone(source, target);
    }

    private void RemoveSome()
    {
        string path = Path.Combine(directory, Any(isDirectory: true));
        if (Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories).Count() < 12)
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
