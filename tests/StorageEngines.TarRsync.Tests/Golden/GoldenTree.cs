using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Golden;

/// <summary>The tree that the golden store was made of, and what is said of a tree: by GNU find, or by a snapshot. Both say it in the same lines.</summary>
internal static class GoldenTree
{
    private const int Block = 65_536;

    /// <summary>The folder of a golden store.</summary>
    public static string Folder(string version) => Path.Combine(RepositoryRoot(), "tests/StorageEngines.TarRsync.Tests/Golden", version);

    /// <summary>The tree as it is in the first snapshot.</summary>
    public static void MakeFirst(string path)
    {
        Directory.CreateDirectory(path);
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(path));
        root.MakeDirectory("dir"u8);
        root.MakeDirectory("dir/deep"u8);
        root.MakeDirectory("empty dir"u8);
        Write(root, "text"u8, "hello, later version\n"u8.ToArray());
        Write(root, "empty"u8, []);
        Write(root, "random"u8, Random(70_001, 1));
        Write(root, "dir/deep/file"u8, Random(1000, 2));
        Write(root, "moves"u8, Random(2000, 3));
        Write(root, "goes"u8, "gone in the third"u8.ToArray());
        Write(root, "framed"u8, Pattern((10 * 1024 * 1024) + 123, "framed"));
        Write(root, "chunks"u8, Varied(0));
        Write(root, "new\nline"u8, "n"u8.ToArray());
        Write(root, [0xFF, 0xFE, (byte)'x'], "no UTF-8"u8.ToArray());
        Write(root, "back\\slash"u8, "b"u8.ToArray());
        Write(root, Encoding.UTF8.GetBytes("ünïcode"), "u"u8.ToArray());
        Write(root, Encoding.UTF8.GetBytes(new string('n', 255)), "long"u8.ToArray());
        MakeSparse(path + "/sparse");
        root.HardLink("text"u8, "dir/second name"u8);
        root.MakeSymlink("link"u8, "dir/deep/file"u8);
        root.MakeSymlink("dangling"u8, "/nowhere/at all"u8);
        root.MakeNode("fifo"u8, FileType.Fifo, 0x1A4);
        root.SetXattr("text"u8, "user.note"u8, "value with \0 in it"u8);
        root.SetMode("random"u8, 0x9ED); // 04755
        root.SetMode("dir/deep"u8, 0x5C0); // 02700
        SetTimes(path, root, 1);
    }

    /// <summary>A file of its own, which only the second snapshot has; that one is deleted again.</summary>
    public static void MakeSecond(string path)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(path));
        Write(root, "only in the second"u8, Pattern(200_000, "second"));
        SetTimes(path, root, 2);
    }

    /// <summary>The tree as it is in the third snapshot.</summary>
    public static void MakeThird(string path)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(path));
        root.Unlink("only in the second"u8);
        root.Unlink("goes"u8);
        root.Rename("moves"u8, "dir/moved"u8);
        byte[] framed = Pattern((10 * 1024 * 1024) + 123, "framed");
        framed.AsSpan(130 * Block, 5).Fill((byte)'!');
        Write(root, "framed"u8, framed);
        Write(root, "chunks"u8, Varied(9));
        root.SetMode("dir/deep/file"u8, 0x124); // 0444
        Write(root, "comes"u8, "new in the third"u8.ToArray());
        SetTimes(path, root, 3);
    }

    /// <summary>What differs between the first snapshot and the third.</summary>
    public static IReadOnlyList<string> Changes { get; } =
    [
        ": Metadata", "comes: Added", "dir/deep/file: Metadata", "dir/moved: Renamed from moves", "dir: Metadata",
        "framed: Content, Metadata", "goes: Removed",
    ];

    /// <summary>11 MB that compress well and are cut by content into more chunks than one entry holds; some bytes more in the middle.</summary>
    private static byte[] Varied(int more)
    {
        byte[] bytes = Pattern(11_000_001, "varied"), noise = Random(4 * (bytes.Length / 64), 4);
        for (int i = 0; i < noise.Length; i++)
            bytes[(i / 4 * 64) + (i % 4)] = noise[i];
        return [.. bytes.AsSpan(0, 5_000_000), .. new byte[more], .. bytes.AsSpan(5_000_000)];
    }

    /// <summary>The image of the block volume: 1 MiB and a bit, changed in three places from the first to the second.</summary>
    public static byte[] Image(bool second)
    {
        byte[] image = Pattern((1 << 20) + 777, "image");
        image.AsSpan(4 * Block, 2 * Block).Clear();
        if (second)
        {
            image[(3 * Block) + 17] ^= 1;
            image.AsSpan(8 * Block, Block).Clear();
            image[^1] ^= 1;
        }
        return image;
    }

    /// <summary>What GNU find and a hash say of a directory, one line for each name, ordered.</summary>
    public static IReadOnlyList<string> DescribeDirectory(string path)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(path));
        var lines = new List<string>();
        foreach (string record in Find(path, @"%y\t%m\t%s\t%n\t%T@\t%P\0"))
        {
            string[] fields = record.Split('\t', 6);
            byte[] name = Encoding.Latin1.GetBytes(fields[5]);
            string content = fields[0] switch
            {
                "f" => Hash(root, name),
                "l" => Encoding.UTF8.GetString(root.ReadLink(name)),
                _ => "-",
            };
            string size = fields[0] == "f" ? fields[2] : "-", names = fields[0] == "d" ? "-" : fields[3];
            string time = fields[4][..(fields[4].IndexOf('.', StringComparison.Ordinal) + 10)];
            lines.Add(Line(fields[0][0], Convert.ToInt32(fields[1], 8), size, names, time, content, new BytePath(name)));
        }
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    /// <summary>What a snapshot says of its tree.</summary>
    public static async Task<IReadOnlyList<string>> DescribeSnapshotAsync(IStorageEngine engine, SnapshotRef snapshot)
    {
        var lines = new List<string>();
        await foreach (TreeEntry entry in engine.Feature<ITreeReader>()!.ListAsync(snapshot))
        {
            char type = entry.Type switch { TreeEntryType.Directory => 'd', TreeEntryType.File => 'f', TreeEntryType.SymbolicLink => 'l', _ => 'p' };
            string content = "-";
            if (type == 'f')
            {
                await using Stream stream = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot, entry.Path);
                content = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
            }
            else if (type == 'l')
            {
                content = Encoding.UTF8.GetString(entry.LinkTarget.Span);
            }
            string size = type == 'f' ? entry.SizeBytes.ToString(CultureInfo.InvariantCulture) : "-", names = type == 'd' ? "-" : $"{entry.LinkCount}";
            lines.Add(Line(type, entry.Mode, size, names, $"{entry.ModifiedAt.Seconds}.{entry.ModifiedAt.Nanoseconds:D9}", content, entry.Path));
        }
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static string Line(char type, int mode, string size, string names, string time, string content, BytePath path)
        => $"{type} {Convert.ToString(mode, 8)} {size} {names} {time} {content} {(path.IsRoot ? "." : path)}";

    // Latin-1 keeps the bytes of names that are no UTF-8.
    private static string[] Find(string path, string format)
    {
        var start = new ProcessStartInfo("find", [path, "-printf", format]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.Latin1 };
        using Process find = Process.Start(start)!;
        string output = find.StandardOutput.ReadToEnd();
        find.WaitForExit();
        Assert.Equal(0, find.ExitCode);
        return output.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Hash(BeneathRoot root, byte[] name)
    {
        using SafeFileHandle handle = root.OpenFileForRead(name);
        using var stream = new FileStream(handle, FileAccess.Read);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static void Write(BeneathRoot root, ReadOnlySpan<byte> name, byte[] content)
    {
        root.Unlink(name);
        using SafeFileHandle handle = root.CreateFile(name, 0x1A4);
        RandomAccess.Write(handle, content, 0);
    }

    private static void MakeSparse(string path)
    {
        using FileStream sparse = File.Create(path);
        sparse.SetLength(257L << 20);
        sparse.Position = 4096;
        sparse.Write("island"u8);
        sparse.Position = 256L << 20;
        sparse.Write("another island, behind the first 4096 blocks"u8);
    }

    private static void SetTimes(string path, BeneathRoot root, int generation)
    {
        foreach (string name in Find(path, @"%P/\0").Select(name => name[..^1]))
        {
            bool changes = name is "" or "dir" or "framed";
            root.SetTimes(Encoding.Latin1.GetBytes(name), null, new PosixTime(1_700_000_000 + (changes ? generation : 0), 123_456_789));
        }
    }

    /// <summary>Bytes that compress well, and of which no two blocks are the same.</summary>
    private static byte[] Pattern(int length, string word)
    {
        var bytes = new byte[length];
        for (int at = 0; at < length; at += Block)
        {
            byte[] line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{word} {at / Block} "));
            Span<byte> block = bytes.AsSpan(at, Math.Min(Block, length - at));
            for (int i = 0; i < block.Length; i++)
                block[i] = line[i % line.Length];
        }
        return bytes;
    }

    private static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "StorageEngines.sln")))
            at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("The repository was not found above the test's assembly.");
    }
}
