using System.Runtime.CompilerServices;

namespace StorageEngines.Cli.Tests.Readme;

/// <summary>README.md's program is one that is compiled and run here.</summary>
public sealed class ReadmeTests : IDisposable
{
    private const int Indent = 8;
    private readonly CliProcess _cli = new();

    [Fact]
    public void The_program_in_the_README_is_the_one_that_is_compiled_here()
    {
        string readme = File.ReadAllText(Path.Combine(BuildPaths.RepositoryRoot, "README.md"));
        int start = readme.IndexOf("```csharp\n", StringComparison.Ordinal) + "```csharp\n".Length;
        string shown = readme[start..readme.IndexOf("```\n", start, StringComparison.Ordinal)];
        IEnumerable<string> lines = File.ReadLines(SourcePath()).SkipWhile(line => line.Trim() != "// begin").Skip(1).TakeWhile(line => line.Trim() != "// end")
            .Select(line => line.Length > Indent ? line[Indent..] : "");
        string compiled = string.Join('\n', lines)
            .Replace("Add(plugins)", "Add(\"/usr/lib/storage-engines/plugins\")", StringComparison.Ordinal)
            .Replace("Parse(volume)", "Parse(\"/srv/data\")", StringComparison.Ordinal)
            .Replace("output.WriteLine", "Console.WriteLine", StringComparison.Ordinal)
            .Replace("filesChange();", "// ... files change ...", StringComparison.Ordinal);
        Assert.Equal(shown.TrimEnd(), compiled.TrimEnd());
    }

    [Fact]
    public async Task The_program_says_which_file_changed()
    {
        string data = Directory.CreateDirectory(_cli.At("data")).FullName;
        File.WriteAllText(Path.Combine(data, "file"), "content");
        var output = new StringWriter();
        await ReadmeSample.RunAsync(
            Path.Combine(Path.GetDirectoryName(BuildPaths.Tool)!, "plugins"), $"tarrsync:{data}?store={_cli.Store}", output,
            () => File.AppendAllText(Path.Combine(data, "file"), "more"), TestContext.Current.CancellationToken);
        Assert.Contains("Content, Metadata file\n", output.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _cli.Dispose();

    private static string SourcePath([CallerFilePath] string here = "") => File.Exists(here)
        ? Path.Combine(Path.GetDirectoryName(here)!, "ReadmeSample.cs")
        : Path.Combine(BuildPaths.RepositoryRoot, "tests", "StorageEngines.Cli.Tests", "Readme", "ReadmeSample.cs");
}
