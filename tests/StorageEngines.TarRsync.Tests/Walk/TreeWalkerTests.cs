using System.Diagnostics;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Posix;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Walk;

public sealed class TreeWalkerTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly string _root;

    public TreeWalkerTests() => _root = _scratch.Path;

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(0, 32_768)]
    [InlineData(2, 32_768)]
    [InlineData(4, 1)]
    public void Entries_come_in_manifest_order_whatever_the_threads(int threads, int ahead)
    {
        foreach (string name in new[] { "a/x", "a/b/c", "a.b/y", "a-b", "a0", "b/1", "b/2/3/4/5", "z", "a/b.c", "aaaaaaaaaaaa/1", "aaaaaaaaaaab/1" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, name))!);
            File.WriteAllText(Path.Combine(_root, name), name);
        }

        List<string> paths = Walk(new WalkOptions { Threads = threads, EntriesAhead = ahead });

        Assert.Equal(
            ["", "a", "a/b", "a/b/c", "a/b.c", "a/x", "a-b", "a.b", "a.b/y", "a0", "aaaaaaaaaaaa", "aaaaaaaaaaaa/1", "aaaaaaaaaaab", "aaaaaaaaaaab/1",
                "b", "b/1", "b/2", "b/2/3", "b/2/3/4", "b/2/3/4/5", "z"],
            paths);
    }

    [Fact]
    public void A_large_random_tree_is_walked_as_a_plain_recursion_would()
    {
        var random = new Random(7);
        for (int i = 0; i < 3000; i++)
        {
            string directory = Path.Combine(_root, $"d{random.Next(40)}", $"e{random.Next(10)}");
            Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Combine(directory, $"f{random.Next(1_000_000)}"), "");
        }

        List<string> expected = [""];
        Recurse(_root, "", expected);

        Assert.Equal(expected, Walk(new WalkOptions { Threads = 3, EntriesAhead = 500 }));
    }

    [Fact]
    public void The_store_is_left_out()
    {
        Directory.CreateDirectory(Path.Combine(_root, "keep"));
        Directory.CreateDirectory(Path.Combine(_root, "store", "packs"));
        FileStatus store = FileStatus.GetPath(Encoding.UTF8.GetBytes(Path.Combine(_root, "store")));

        List<string> paths = Walk(new WalkOptions { Excluded = (store.DeviceMajor, store.DeviceMinor, store.Inode) });

        Assert.Equal(["", "keep"], paths);
    }

    [Fact]
    public void A_mount_inside_is_shown_but_not_entered()
    {
        string mount = Directory.CreateDirectory(Path.Combine(_root, "m")).FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "none", mount), "backend missing: mount: not allowed to mount a tmpfs");
        try
        {
            File.WriteAllText(Path.Combine(mount, "inside"), "");

            Assert.Equal(["", "m!"], Walk(new WalkOptions()));
        }
        finally
        {
            Run("umount", mount);
        }
    }

    [Fact]
    public void Paths_longer_than_the_system_allows_are_walked()
    {
        string name = new('n', 250);
        string directory = "";
        List<string> expected = [""];
        using BeneathRoot root = _scratch.Root();
        for (int i = 0; i < 20; i++)
        {
            directory = i == 0 ? name : directory + "/" + name;
            root.MakeDirectory(Encoding.UTF8.GetBytes(directory));
            expected.Add(directory);
        }

        Assert.Equal(expected, Walk(new WalkOptions()));
        Assert.True(expected[^1].Length > 4096);
    }

    [Fact]
    public void Leaving_a_walk_early_closes_everything()
    {
        for (int i = 0; i < 300; i++)
        {
            Directory.CreateDirectory(Path.Combine(_root, $"d{i}", "e"));
        }

        for (int i = 0; i < 20; i++)
        {
            using TreeWalker walker = Open(new WalkOptions());
            for (int step = 0; step < i * 10; step++)
            {
                walker.MoveNext();
            }
        }

        Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd"), IsInScratch);
    }

    // Other tests run beside this one, so only what is open in here counts.
    private bool IsInScratch(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget?.StartsWith(_root, StringComparison.Ordinal) ?? false;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private TreeWalker Open(WalkOptions options) => new(DirectoryHandle.Open(Encoding.UTF8.GetBytes(_root)), options);

    private List<string> Walk(WalkOptions options)
    {
        using TreeWalker walker = Open(options);
        List<string> paths = [];
        while (walker.MoveNext())
        {
            paths.Add(Encoding.UTF8.GetString(walker.Path) + (walker.IsBoundary ? "!" : ""));
        }

        return paths;
    }

    private static void Recurse(string directory, string prefix, List<string> paths)
    {
        foreach (string entry in Directory.GetFileSystemEntries(directory).Order(StringComparer.Ordinal))
        {
            string path = prefix + Path.GetFileName(entry);
            paths.Add(path);
            if (Directory.Exists(entry))
            {
                Recurse(entry, path + "/", paths);
            }
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
