using System.Diagnostics;
using System.Text.Json;

namespace StorageEngines.Cli.Tests.Package;

/// <summary>The tool as users get it: packed, installed with <c>dotnet tool install</c>, and run with the engine that came with it.</summary>
[Trait("Category", "Vendor")]
public sealed class ToolPackageTests : IDisposable
{
    private readonly CliProcess _cli = new();

    [Fact]
    public async Task The_installed_tool_takes_snapshots_and_says_what_changed()
    {
        string feed = _cli.At("feed"), tools = _cli.At("tools");
        await DotnetAsync("pack", Path.Combine(BuildPaths.RepositoryRoot, "src", "StorageEngines.Cli"), "--no-build", "--nologo", "-c", BuildPaths.Configuration, "-o", feed);
        File.WriteAllText(_cli.At("nuget.config"), "<configuration><packageSources><clear /></packageSources></configuration>");
        await DotnetAsync("tool", "install", "StorageEngines.Cli", "--tool-path", tools, "--add-source", feed, "--configfile", _cli.At("nuget.config"), "--prerelease");

        _cli.Tool = Path.Combine(tools, "storage-engines");
        JsonElement[] engines = [.. (await _cli.RunAsync("engines", "--json")).Expect(0).Json.GetProperty("engines").EnumerateArray()];
        Assert.Equal(["btrfs", "ceph-rbd", "lvm-thin", "tarrsync", "zfs"], engines.Select(engine => engine.GetProperty("scheme").GetString()).Order());
        Assert.All(engines, engine => Assert.StartsWith(tools, engine.GetProperty("origin").GetString(), StringComparison.Ordinal));

        string data = Directory.CreateDirectory(_cli.At("data")).FullName;
        File.WriteAllText(Path.Combine(data, "file"), "content");
        (await _cli.RunAsync("snapshot", "create", $"{data}@a")).Expect(0);
        File.AppendAllText(Path.Combine(data, "file"), "more");
        (await _cli.RunAsync("snapshot", "create", $"{data}@b")).Expect(0);
        Assert.Equal("file", Assert.Single((await _cli.RunAsync("changes", $"{data}@a", "@b", "--json")).Expect(0).JsonLines).GetProperty("path").GetString());
        (await _cli.RunAsync("verify", $"{data}@a", "@b")).Expect(0);
    }

    public void Dispose() => _cli.Dispose();

    private async Task DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _cli.Directory };
        if (arguments[0] == "tool")
        {
            start.Environment["NUGET_PACKAGES"] = _cli.At("packages"); // An earlier build of the same version must not come from a cache.
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        (await CliProcess.EndAsync(process)).Expect(0);
    }
}
