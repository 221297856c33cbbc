using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BeneathRootEscapeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_on_the_way_is_refused_and_nothing_is_written(bool componentWise)
    {
        using ScratchDirectory outside = new();
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root(componentWise);
        root.MakeSymlink("a"u8, outside.Bytes);
        root.MakeDirectory("in"u8);
        root.MakeSymlink("here"u8, "in"u8);
        File.WriteAllText(outside.Path + "/victim", "old");
        root.CreateFile("f"u8).Dispose();

        foreach (Action attack in Attacks(root, "a/new", "a/victim").Concat(Attacks(root, "a/deeper/new", "a/deeper/victim")))
            AssertRefused(attack);
        AssertRefused(() => root.CreateFile("here/new"u8).Dispose());
        AssertRefused(() => root.TryGetStatus("a/victim"u8, out _));

        Assert.Equal("old", File.ReadAllText(outside.Path + "/victim"));
        Assert.Equal(["victim"], Directory.GetFileSystemEntries(outside.Path).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path + "/in"));
        Assert.True(root.TryGetStatus("f"u8, out _));
    }

    [Fact]
    public void A_link_at_the_end_is_never_followed()
    {
        using ScratchDirectory scratch = new();
        string victim = scratch.Path + "/victim";
        Directory.CreateDirectory(scratch.Path + "/tree");
        File.WriteAllText(victim, "old");
        File.SetUnixFileMode(victim, UnixFileMode.UserRead);
        DateTime time = File.GetLastWriteTimeUtc(victim);
        using BeneathRoot root = BeneathRoot.Open([.. scratch.Bytes, .. "/tree"u8]);
        root.MakeSymlink("l"u8, Encoding.UTF8.GetBytes(victim));

        AssertRefused(() => root.OpenFileForWrite("l"u8).Dispose());
        AssertRefused(() => root.OpenFileForRead("l"u8).Dispose());
        AssertRefused(() => root.Truncate("l"u8, 0));
        Assert.Equal(Errno.EEXIST, Assert.Throws<PosixException>(() => root.CreateFile("l"u8)).Errno);
        root.SetMode("l"u8, 0x1FF);
        root.SetTimes("l"u8, new PosixTime(5, 6), new PosixTime(7, 8));
        root.HardLink("l"u8, "second"u8);

        Assert.Equal("old", File.ReadAllText(victim));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(victim));
        Assert.Equal(time, File.GetLastWriteTimeUtc(victim));
        Assert.True(root.TryGetStatus("second"u8, out FileStatus link));
        Assert.True(link.IsSymlink);
        Assert.Equal(new PosixTime(7, 8), link.ModificationTime);
        Assert.Equal(Encoding.UTF8.GetBytes(victim), root.ReadLink("second"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a/..")]
    [InlineData(".")]
    [InlineData("./a")]
    [InlineData("a/.")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("\0")]
    public void A_path_that_is_not_plainly_beneath_is_refused(string text)
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.MakeDirectory("a"u8);
        byte[] path = Encoding.UTF8.GetBytes(text);
        foreach (Action attack in Attacks(root, text, text))
        {
            PosixException error = Assert.Throws<PosixException>(attack);
            Assert.Equal(Errno.EINVAL, error.Errno);
            Assert.Contains("refused", error.Message, StringComparison.Ordinal);
            Assert.Equal(LosslessName.Format(path), error.Path);
        }
        Assert.Equal(["a"], Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_directory_replaced_by_a_link_is_noticed_after_rename_and_rmdir(bool componentWise)
    {
        using ScratchDirectory outside = new();
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root(componentWise);
        root.MakeDirectory("a"u8);
        root.MakeDirectory("a/b"u8);
        root.CreateFile("a/b/one"u8).Dispose();
        root.Rename("a"u8, "moved"u8);
        root.MakeSymlink("a"u8, outside.Bytes);
        AssertRefused(() => root.CreateFile("a/b/two"u8).Dispose());
        AssertRefused(() => root.CreateFile("a/two"u8).Dispose());
        Assert.True(root.TryGetStatus("moved/b/one"u8, out _));

        root.MakeDirectory("c"u8);
        root.CreateFile("c/x"u8).Dispose();
        Assert.True(root.Unlink("c/x"u8));
        Assert.True(root.RemoveDirectory("c"u8));
        root.MakeDirectory("c"u8);
        root.CreateFile("c/y"u8).Dispose();
        Assert.True(File.Exists(scratch.Path + "/c/y"));
        Assert.Empty(Directory.GetFileSystemEntries(outside.Path));
    }

    [Fact]
    public void An_exchange_changes_what_cached_names_mean()
    {
        using ScratchDirectory scratch = new();
        using BeneathRoot root = scratch.Root();
        root.MakeDirectory("a"u8);
        root.MakeDirectory("b"u8);
        root.CreateFile("a/in-a"u8).Dispose();
        root.CreateFile("b/in-b"u8).Dispose();
        root.Rename("a"u8, "b"u8, RenameMode.Exchange);
        Assert.True(root.TryGetStatus("a/in-b"u8, out _));
        Assert.True(root.TryGetStatus("b/in-a"u8, out _));
        Assert.Equal(Errno.EEXIST, Assert.Throws<PosixException>(() => root.Rename("a"u8, "b"u8, RenameMode.NoReplace)).Errno);
    }

    private static IEnumerable<Action> Attacks(BeneathRoot root, string fresh, string existing)
    {
        byte[] name = Encoding.UTF8.GetBytes(fresh);
        byte[] old = Encoding.UTF8.GetBytes(existing);
        yield return () => root.CreateFile(name).Dispose();
        yield return () => root.OpenFileForWrite(old).Dispose();
        yield return () => root.MakeDirectory(name);
        yield return () => root.MakeSymlink(name, "x"u8);
        yield return () => root.MakeNode(name, FileType.Fifo, 0x1A4);
        yield return () => root.HardLink("f"u8, name);
        yield return () => root.HardLink(old, "stolen"u8);
        yield return () => root.Rename(old, "stolen"u8);
        yield return () => root.Rename("f"u8, name);
        yield return () => root.Unlink(old);
        yield return () => root.RemoveDirectory(old);
        yield return () => root.Truncate(old, 0);
        if (name.Length == 0)
            yield break; // an empty path is the root where attributes are set
        yield return () => root.SetMode(old, 0x1FF);
        yield return () => root.SetOwner(old, 0, 0);
        yield return () => root.SetTimes(old, null, new PosixTime(1, 0));
        yield return () => root.SetXattr(old, "user.x"u8, "v"u8);
        yield return () => root.RemoveXattr(old, "user.x"u8);
    }

    private static void AssertRefused(Action attack)
    {
        PosixException error = Assert.Throws<PosixException>(attack);
        Assert.Equal(Errno.ELOOP, error.Errno);
        Assert.Contains("symbolic link", error.Message, StringComparison.Ordinal);
    }
}
