using System.Diagnostics;
using System.Text;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>Names that are no text, look like the sender's own, or are as long as they can be; and paths longer than the system takes at once. Made by a shell, told by their bytes.</summary>
public sealed class OddNameTests : IAsyncLifetime
{
    private static readonly string Longest = new('n', 255);
    private Stage _stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stage = await Stage.MakeAsync();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Files_named_like_orphans_are_told_as_what_they_are()
    {
        Bash("for i in $(seq 256 300); do echo $i > o$i-7-0; done; mkdir o310-8-0 && echo x > o310-8-0/o257-7-0");
        SnapshotInfo before = await _stage.CreateAsync("before");
        // The names of inodes that the sender moves out of the way, and swaps that make it do so.
        Bash("mv o257-7-0 t && mv o258-7-0 o257-7-0 && mv t o258-7-0; rm o259-7-0; echo more >> o260-7-0; mv o261-7-0 o259-7-0; mv o310-8-0 o311-8-0; mkdir o310-8-0; echo new > o400-20-0");
        SnapshotInfo after = await _stage.CreateAsync("after");
        Dictionary<string, FileChange> changes = (await _stage.DiffAsync(before, after)).ToDictionary(each => each.Path.ToString());
        Assert.Equal("o258-7-0", changes["o257-7-0"].OldPath.ToString());
        Assert.Equal("o257-7-0", changes["o258-7-0"].OldPath.ToString());
        Assert.Equal("o261-7-0", changes["o259-7-0"].OldPath.ToString());
        Assert.True(changes["o259-7-0"].Kind.HasFlag(FileChangeKind.Removed | FileChangeKind.Renamed));
        Assert.True(changes["o260-7-0"].Kind.HasFlag(FileChangeKind.Content));
        Assert.Equal("o310-8-0", changes["o311-8-0"].OldPath.ToString());
        Assert.True(changes["o310-8-0"].Kind.HasFlag(FileChangeKind.Added));
        Assert.Equal(FileChangeKind.Added, changes["o400-20-0"].Kind);
        Assert.DoesNotContain("o311-8-0/o257-7-0", changes.Keys); // It moved with its directory.
        Assert.Equal(7, changes.Keys.Count(path => path.Length > 0));
    }

    [Fact]
    public async Task Names_that_are_no_text_and_the_longest_ones_are_told_by_their_bytes()
    {
        Bash($"echo 1 > $'\\xff\\xfe'; echo 1 > $'a\\nb'; echo 1 > '{Longest}'; mkdir $'d\\x80'; echo 1 > $'d\\x80/'{Longest}; echo 1 > ' '; echo 1 > '\"\\'");
        SnapshotInfo before = await _stage.CreateAsync("before");
        Bash($"echo 22 > $'\\xff\\xfe'; mv $'a\\nb' $'a\\rb'; echo 22 > '{Longest}'; mv $'d\\x80' $'d\\x81'; echo 22 > $'d\\x81/'{Longest}; rm ' '; echo 22 > '\"\\'");
        SnapshotInfo after = await _stage.CreateAsync("after");
        List<FileChange> changes = await _stage.DiffAsync(before, after);
        byte[] inner = [(byte)'d', 0x81, (byte)'/', .. Encoding.ASCII.GetBytes(Longest)];
        Assert.Equal(
            new byte[][] { [], " "u8.ToArray(), "\"\\"u8.ToArray(), "a\rb"u8.ToArray(), [(byte)'d', 0x81], inner, Encoding.ASCII.GetBytes(Longest), [0xFF, 0xFE] }.Select(Convert.ToHexString),
            changes.Select(each => each.Path.Span.ToArray()).Select(Convert.ToHexString).Order(StringComparer.Ordinal));
        FileChange moved = changes.Single(each => each.Path.Span.SequenceEqual(inner));
        Assert.Equal(0x80, moved.OldPath!.Value.Span[1]);
        Assert.Equal([new Extent(0, 3)], moved.Extents);
        await using Stream stream = await _stage.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(after.Ref, moved.Path, Cancel);
        Assert.Equal("22\n", await new StreamReader(stream).ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task Paths_longer_than_the_system_takes_at_once_are_compared_or_refused_by_name()
    {
        Bash($"for i in $(seq 15); do mkdir {Longest[..250]}; cd {Longest[..250]}; done; echo 1 > file"); // 3765 bytes: what a send takes at most.
        SnapshotInfo before = await _stage.CreateAsync("before");
        Bash($"for i in $(seq 15); do cd {Longest[..250]}; done; echo 22 > file");
        SnapshotInfo after = await _stage.CreateAsync("after");
        FileChange change = Assert.Single(await _stage.DiffAsync(before, after));
        Assert.Equal((15 * 251) + 4, change.Path.Length);
        Assert.Equal([new Extent(0, 3)], change.Extents);
        Bash($"for i in $(seq 15); do cd {Longest[..250]}; done; for i in $(seq 4); do mkdir {Longest[..250]}; cd {Longest[..250]}; done; echo 333 > file");
        SnapshotInfo deeper = await _stage.CreateAsync("deeper");
        long listed = await _stage.Engine.Feature<ITreeReader>()!.ListAsync(deeper.Ref, default, Cancel).LongCountAsync(Cancel);
        Assert.Equal(1 + 19 + 2, listed);
        try
        {
            List<FileChange> changes = await _stage.DiffAsync(after, deeper);
            Assert.Contains(changes, each => each.Path.Length == (19 * 251) + 4);
        }
        catch (StorageEngineException e)
        {
            TestContext.Current.TestOutputHelper!.WriteLine(e.Message);
            Assert.Contains("too long", e.Message, StringComparison.Ordinal);
        }

        Bash("rm -rf n*");
    }

    private void Bash(string script)
    {
        var start = new ProcessStartInfo("bash", ["-ec", script]) { WorkingDirectory = _stage.Path, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }
}
