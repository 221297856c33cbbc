using System.Diagnostics;
using System.Text;
using System.Text.Json;
using StorageEngines.Cli.Demo;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Names and paths that are unusual and allowed: everything is done with them, and nothing of them is lost.</summary>
public sealed class OddNameTests : IDisposable
{
    private const int PathMax = 4096;
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public OddNameTests() => _data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;

    private static byte[][] Names =>
    [
        "new\nline"u8.ToArray(), [0xFF, 0xFE, (byte)'x'], "-rf"u8.ToArray(), "back\\slash"u8.ToArray(), "\\x41"u8.ToArray(), "esc\u001b[31m"u8.ToArray(), " blank "u8.ToArray(),
        "a@b"u8.ToArray(), "..."u8.ToArray(), "*?['\""u8.ToArray(), [.. Enumerable.Repeat((byte)'n', 255)],
    ];

    [Theory]
    [InlineData("btrfs")]
    [InlineData("tar")]
    public async Task Odd_names_go_through_the_whole_cycle(string format)
    {
        Fill("1");
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        Fill("changed");
        (await _cli.RunAsync("snapshot", "create", $"{_data}@b")).Expect(0);
        string[] expected = [.. Names.Select(name => ByteText.Escape(name)).Order(StringComparer.Ordinal)];
        IReadOnlyList<JsonElement> lines = (await _cli.RunAsync("changes", $"{_data}@a", "@b", "--json")).Expect(0).JsonLines;
        Assert.Equal(expected, lines.Select(line => line.GetProperty("path").GetString()!).Order(StringComparer.Ordinal));
        string table = (await _cli.RunAsync("changes", $"{_data}@a", "@b")).Expect(0).Output;
        Assert.Equal(Names.Length + 2, table.TrimEnd('\n').Split('\n').Length);
        foreach (string name in expected)
        {
            Assert.Contains($"  {name}\n", table, StringComparison.Ordinal);
            (await _cli.RunAsync("changes", $"{_data}@a", "@b", $"--path={name}")).Expect(0);
        }

        await CycleAsync(format);
    }

    [Theory]
    [InlineData("btrfs")]
    [InlineData("tar")]
    public async Task Paths_longer_than_the_system_takes_in_one_call_go_through_the_whole_cycle(string format)
    {
        byte[] leaf = Deepen();
        Assert.True(leaf.Length > PathMax);
        Write(leaf, "1");
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        Write(leaf, "changed");
        (await _cli.RunAsync("snapshot", "create", $"{_data}@b")).Expect(0);
        JsonElement line = Assert.Single((await _cli.RunAsync("changes", $"{_data}@a", "@b", "--json")).Expect(0).JsonLines);
        Assert.Equal(Encoding.ASCII.GetString(leaf), line.GetProperty("path").GetString());
        (await _cli.RunAsync("verify", $"{_data}@a", "@b")).Expect(0);
        await CycleAsync(format);
    }

    [Fact]
    public async Task A_volume_and_its_targets_may_have_odd_names()
    {
        string odd = ByteText.Escape([.. Encoding.UTF8.GetBytes(_cli.Directory), .. "/v\n\\"u8, 0xFF]);
        using (BeneathRoot root = BeneathRoot.Open(BytePath.FromString(_cli.Directory).Span))
        {
            root.MakeDirectory([.. "v\n\\"u8, 0xFF]);
        }

        (await _cli.RunAsync("snapshot", "create", $"{odd}@a")).Expect(0);
        Assert.Contains(odd, (await _cli.RunAsync("volumes")).Expect(0).Output, StringComparison.Ordinal);
        JsonElement volumes = (await _cli.RunAsync("volumes", "--json")).Expect(0).Json.GetProperty("volumes"); // with those of the machine's own file systems
        Assert.Contains(odd, volumes.EnumerateArray().Select(each => each.GetProperty("location").GetString()));
        (await _cli.RunAsync("restore", $"{odd}@a", odd + "r")).Expect(0);
        (await _cli.RunAsync("export", $"{odd}@a", "-o", odd + "e")).Expect(0);
        (await _cli.RunAsync("apply", odd + "e", odd + "r2")).Expect(0);
    }

    public void Dispose()
    {
        // Directory.Delete takes neither names that are not UTF-8 nor paths of this length.
        using (var remove = Process.Start("rm", ["-rf", _cli.Directory]))
        {
            remove.WaitForExit();
        }

        Directory.CreateDirectory(_cli.Directory);
        _cli.Dispose();
    }

    private async Task CycleAsync(string format)
    {
        (await _cli.RunAsync("export", $"{_data}@b", "--base", "@a", "--format", format, "-o", _cli.At("difference"))).Expect(0);
        (await _cli.RunAsync("restore", $"{_data}@a", _cli.At("restored"))).Expect(0);
        (await _cli.RunAsync("apply", _cli.At("difference"), _cli.At("restored"))).Expect(0);
        Assert.Null(new TreeComparer().Compare(BytePath.FromString(_data), BytePath.FromString(_cli.At("restored")), TestContext.Current.CancellationToken));
    }

    private void Fill(string text)
    {
        foreach (byte[] name in Names)
        {
            Write(name, text);
        }
    }

    private void Write(byte[] path, string text)
    {
        using BeneathRoot root = BeneathRoot.Open(BytePath.FromString(_data).Span);
        try
        {
            root.Unlink(path);
        }
        catch (PosixException missing) when (missing.Errno == Errno.ENOENT)
        {
            // The first time there is none.
        }

        using Microsoft.Win32.SafeHandles.SafeFileHandle file = root.CreateFile(path);
        FileWriting.WriteAt(file, Encoding.UTF8.GetBytes(text), 0);
    }

    /// <summary>Makes directories with names of 255 bytes, one in the other.</summary>
    /// <returns>The path of a file in the last one.</returns>
    private byte[] Deepen()
    {
        using BeneathRoot root = BeneathRoot.Open(BytePath.FromString(_data).Span);
        byte[] path = [];
        for (int i = 0; i < 18; i++)
        {
            byte[] name = Encoding.ASCII.GetBytes($"{i:000}".PadRight(255, 'd'));
            path = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
            root.MakeDirectory(path);
        }

        return [.. path, .. "/leaf"u8];
    }
}
