using StorageEngines.Cli.Demo;

namespace StorageEngines.Cli.Tests.Demo;

/// <summary>The demo's witness has to see every kind of difference, or its verdict is worth nothing.</summary>
public sealed class TreeComparerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-cli-").FullName;

    public TreeComparerTests()
    {
        Make("a");
        Make("b");
    }

    [Fact]
    public void Equal_trees_are_equal() => Assert.Null(Compare());

    public static TheoryData<string, Action<string>> Changes => new()
    {
        { "byte 2", root => Keep(Path.Combine(root, "d/file"), path => File.WriteAllText(path, "coNtent")) },
        { "size", root => Keep(Path.Combine(root, "d/file"), path => File.AppendAllText(path, "x")) },
        { "mode", root => TreeTools.MakeReadOnly(Path.Combine(root, "d/file")) },
        { "modification time", root => File.SetLastWriteTimeUtc(Path.Combine(root, "d/file"), DateTime.UnixEpoch) },
        { "modification time", root => Directory.SetLastWriteTimeUtc(Path.Combine(root, "d"), DateTime.UnixEpoch) },
        { "only in the second", root => Keep(Path.Combine(root, "d"), path => File.WriteAllText(Path.Combine(path, "more"), "")) },
        { "only in the first", root => Keep(Path.Combine(root, "d"), path => File.Delete(Path.Combine(path, "file"))) },
    };

    [Theory]
    [MemberData(nameof(Changes), DisableDiscoveryEnumeration = true)]
    public void A_difference_is_found_and_named(string expected, Action<string> change)
    {
        change(Path.Combine(_directory, "b"));
        Assert.Contains(expected, Compare(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hard_link_is_not_a_copy()
    {
        foreach (string root in (string[])["a", "b"])
        {
            string d = Path.Combine(_directory, root, "d");
            Keep(d, _ => File.Copy(Path.Combine(d, "file"), Path.Combine(d, "file2")));
            File.SetLastWriteTimeUtc(Path.Combine(d, "file2"), DateTime.UnixEpoch.AddDays(1));
        }

        Assert.Null(Compare());
        string linked = Path.Combine(_directory, "b", "d");
        Keep(linked, _ =>
        {
            File.Delete(Path.Combine(linked, "file2"));
            TreeTools.HardLink(linked, "file", "file2");
        });
        Assert.Contains("number of links", Compare(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string? Compare()
        => new TreeComparer().Compare(BytePath.FromString(Path.Combine(_directory, "a")), BytePath.FromString(Path.Combine(_directory, "b")), TestContext.Current.CancellationToken);

    // Changes a path without a trace in its modification time.
    private static void Keep(string path, Action<string> change)
    {
        DateTime time = Directory.Exists(path) ? Directory.GetLastWriteTimeUtc(path) : File.GetLastWriteTimeUtc(path);
        change(path);
        if (Directory.Exists(path))
        {
            Directory.SetLastWriteTimeUtc(path, time);
        }
        else
        {
            File.SetLastWriteTimeUtc(path, time);
        }
    }

    private void Make(string name)
    {
        string d = Directory.CreateDirectory(Path.Combine(_directory, name, "d")).FullName;
        File.WriteAllText(Path.Combine(d, "file"), "content");
        File.CreateSymbolicLink(Path.Combine(d, "link"), "nowhere");
        foreach (string path in (string[])[Path.Combine(d, "file"), Path.Combine(d, "link"), d, Path.GetDirectoryName(d)!])
        {
            if (!path.EndsWith("link", StringComparison.Ordinal))
            {
                File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(1));
            }
        }

        TreeTools.SetLinkTime(Path.Combine(d, "link"));
        Directory.SetLastWriteTimeUtc(d, DateTime.UnixEpoch.AddDays(1));
    }
}
