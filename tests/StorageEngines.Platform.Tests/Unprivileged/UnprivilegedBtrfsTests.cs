using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Platform.Tests.Btrfs.Tough;

namespace StorageEngines.Platform.Tests.Unprivileged;

/// <summary>The table "Privileges" of docs/engines/btrfs.md: the built tool run by the owner of a subvolume who is not root, and by somebody who owns nothing.</summary>
public sealed class UnprivilegedBtrfsTests : IDisposable
{
    private const string Owner = "65534:65534";
    private readonly Tool _tool = new();
    private BtrfsLoop? _system;

    private string Volume => Path.Combine(_system!.Mount, "user/seng-test-volume");

    private string Foreign => Path.Combine(_system!.Mount, "seng-test-foreign");

    [Fact]
    public async Task An_owner_creates_lists_holds_reads_and_clones()
    {
        await PrepareAsync();
        await Expect(0, "snapshot", "create", $"{Volume}@b");
        Tool.Result list = await Expect(0, "snapshot", "list", Volume);
        Assert.Equal(["a", "b"], list.Output.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(' ')[0]));
        await Expect(0, "snapshot", "hold", $"{Volume}@a", "--owner", "me");
        await Expect(0, "snapshot", "release", $"{Volume}@a", "--owner", "me");
        await Expect(0, "allocated", $"{Volume}@a", "--path", "file");
        string restored = Path.Combine(_tool.Temporary, "restored");
        await Expect(0, "restore", $"{Volume}@a", restored);
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(restored, "file"), TestContext.Current.CancellationToken));
        string clone = Path.Combine(_system!.Mount, "user/clone");
        await Expect(0, "snapshot", "clone", $"{Volume}@a", clone);
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(clone, "file"), TestContext.Current.CancellationToken));
        Tool.Result can = await Expect(0, "probe", Volume);
        Assert.Contains("snapshot, clone, hold, allocated, readSnapshot, readTree", can.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("delta", can.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_owner_may_not_do_says_what_it_needs_and_changes_nothing()
    {
        await PrepareAsync();
        await Expect(0, "snapshot", "create", $"{Volume}@b");
        foreach (string[] command in new string[][]
        {
            ["diff", $"{Volume}@a", "@b"], ["changes", $"{Volume}@a", "@b", "--path", "file"], ["export", $"{Volume}@b", "--base", "@a", "-o", Path.Combine(_tool.Temporary, "x")],
            ["snapshot", "rollback", $"{Volume}@a", "--yes"], ["snapshot", "rollback", $"{Volume}@a", "--safety", "safe"],
        })
        {
            Tool.Result result = await Expect(5, command);
            Assert.Contains("CAP_SYS_ADMIN", result.Error, StringComparison.Ordinal);
        }

        Tool.Result list = await Expect(0, "snapshot", "list", Volume);
        Assert.Equal(["a", "b"], list.Output.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(' ')[0]));
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(Volume, "file"), TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_tool.Temporary));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Volume)!, ".seng-tmp*"));
    }

    [Fact]
    public async Task An_owner_deletes_where_the_mount_allows_it()
    {
        await PrepareAsync();
        Tool.Result refused = await Expect(5, "snapshot", "delete", $"{Volume}@a", "--yes");
        Assert.Contains("user_subvol_rm_allowed", refused.Error, StringComparison.Ordinal);
        Assert.Contains("a ", (await Expect(0, "snapshot", "list", Volume)).Output, StringComparison.Ordinal);
        string data = Path.Combine(Directory.EnumerateDirectories(Path.Combine(_system!.Mount, "user/.seng-snapshots")).Single(), "a/data");
        Assert.Contains("ro=true", BtrfsLoop.Btrfs("property", "get", "-ts", data, "ro"), StringComparison.Ordinal);
        BtrfsLoop.Run("mount", "-o", "remount,user_subvol_rm_allowed", _system.Mount);
        await Expect(0, "snapshot", "delete", $"{Volume}@a", "--yes");
        Assert.False(Directory.Exists(Path.GetDirectoryName(data)));
        Assert.DoesNotContain("a ", (await Expect(0, "snapshot", "list", Volume)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_what_belongs_to_others_nothing_can_be_had()
    {
        await PrepareAsync();
        (await _tool.RunAsync("snapshot", "create", $"{Foreign}@theirs")).Expect(0);
        await Expect(5, "snapshot", "create", $"{Foreign}@mine");
        await Expect(5, "snapshot", "list", Foreign);
        await Expect(5, "snapshot", "clone", $"{Volume}@a", Path.Combine(_system!.Mount, "clone"));
        Assert.False(Directory.Exists(Path.Combine(_system.Mount, "clone")));
        Assert.Equal(["theirs"], (await _tool.RunAsync("snapshot", "list", Foreign)).Output.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(' ')[0]));
    }

    public void Dispose()
    {
        _tool.Dispose();
        _system?.Dispose();
    }

    private async Task PrepareAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "backend missing: setpriv: the program is not installed");
        _system = BtrfsLoop.MakeOrSkip();
        string home = Path.Combine(_system.Mount, "user");
        Directory.CreateDirectory(home);
        _system.MakeSubvolume("user/seng-test-volume");
        _system.MakeSubvolume("seng-test-foreign");
        await File.WriteAllTextAsync(Path.Combine(Volume, "file"), "one");
        Assert.Equal(0, BtrfsLoop.Run("chown", "-R", Owner, home).Exit);
        await Expect(0, "snapshot", "create", $"{Volume}@a");
        await File.WriteAllTextAsync(Path.Combine(Volume, "file"), "two");
    }

    private async Task<Tool.Result> Expect(int exit, params string[] arguments) => (await _tool.RunAsNobodyAsync(arguments)).Expect(exit);
}
