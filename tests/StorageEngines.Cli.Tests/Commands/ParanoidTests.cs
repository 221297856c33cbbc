using System.IO.MemoryMappedFiles;
using System.Text.Json;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary><c>snapshot create --paranoid</c> by the built tool, on a tmpfs, where a store through a shared mapping moves no time.</summary>
public sealed class ParanoidTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public ParanoidTests()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "backend missing: tmpfs: there is no /dev/shm");
        _data = Directory.CreateDirectory($"/dev/shm/seng-test-paranoid-{Guid.NewGuid():N}").FullName;
        File.WriteAllText(Path.Combine(_data, "one"), "content of one");
        File.WriteAllText(Path.Combine(_data, "two"), "content of two");
    }

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        _cli.Dispose();
    }

    [Fact]
    public async Task A_file_that_changed_behind_its_times_is_named_and_makes_the_exit_code_1()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        CliResult clean = (await _cli.RunAsync("snapshot", "create", $"{_data}@b", "--paranoid", "100")).Expect(0);
        Assert.Contains("read 2 files again that looked unchanged (seed ", clean.Output + clean.Error, StringComparison.Ordinal);
        DateTime time = File.GetLastWriteTimeUtc(Path.Combine(_data, "two"));
        using (var mapping = MemoryMappedFile.CreateFromFile(Path.Combine(_data, "two"), FileMode.Open))
        {
            using MemoryMappedViewAccessor view = mapping.CreateViewAccessor();
            view.Write(0, (byte)(view.ReadByte(0) ^ 0x20)); // read first: Linux notes the time when a page is first touched by a write
        }

        Assert.SkipUnless(File.GetLastWriteTimeUtc(Path.Combine(_data, "two")) == time, "backend missing: tmpfs: /dev/shm is not one");
        JsonElement made = (await _cli.RunAsync("snapshot", "create", $"{_data}@c", "--paranoid", "100", "--json")).Expect(1).Json;
        Assert.Equal(2, made.GetProperty("statistics").GetProperty("recheck").GetProperty("files").GetInt64());
        Assert.Equal(1, made.GetProperty("statistics").GetProperty("recheck").GetProperty("changed").GetInt64());
        Assert.Contains("'two'", Assert.Single(made.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Contains("two", (await _cli.RunAsync("diff", $"{_data}@b", "@c")).Expect(0).Output, StringComparison.Ordinal);

        // What is there already was not looked at now.
        (await _cli.RunAsync("snapshot", "create", $"{_data}@c", "--paranoid", "100")).Expect(0);
    }

    [Theory]
    [InlineData("--paranoid", 0)]
    [InlineData("--paranoid=0.5", 0)]
    [InlineData("--paranoid=0", 2)]
    [InlineData("--paranoid=101", 2)]
    [InlineData("--paranoid=much", 2)]
    public async Task The_share_is_checked(string option, int exitCode)
        => (await _cli.RunAsync("snapshot", "create", $"{_data}@a", option)).Expect(exitCode);
}
