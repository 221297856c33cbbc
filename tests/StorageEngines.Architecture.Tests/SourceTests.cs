using System.Text.RegularExpressions;

namespace StorageEngines.Architecture.Tests;

/// <summary>House rules that a compiler does not hold.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 300;

    [Fact]
    public void Files_stay_small()
        => AssertNone(
            from file in Repository.SourceFiles("src", "plugins", "tests", "benchmarks")
            let lines = File.ReadLines(file).Count()
            where lines > MaxLines
            select $"{Repository.Relative(file)}: {lines} lines, {MaxLines} are allowed");

    [Fact]
    public void A_file_holds_one_public_type()
        => AssertNone(
            from file in Repository.SourceFiles("src", "plugins")
            let types = PublicType().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value).Distinct().ToList()
            where types.Count > 1
            select $"{Repository.Relative(file)}: {string.Join(", ", types)}");

    [Fact]
    public void References_point_one_way()
    {
        AssertNone(ProjectReferences("src/StorageEngines.Abstractions"));
        AssertNone(ProjectReferences("src/StorageEngines").Where(name => name != "StorageEngines.Abstractions"));
        AssertNone(ProjectReferences("src/StorageEngines.Transport").Where(name => name != "StorageEngines.Abstractions"));
        foreach (string plugin in Directory.EnumerateDirectories(Path.Combine(Repository.Root, "plugins")))
        {
            AssertNone(ProjectReferences(Repository.Relative(plugin)).Where(name => name != "StorageEngines.Abstractions").Select(name => $"{plugin} references {name}"));
        }
    }

    [Fact]
    public void Processes_and_HTTP_clients_are_started_in_Transport_alone()
        => AssertNone(
            from file in Repository.SourceFiles("src", "plugins")
            where !Repository.Relative(file).StartsWith("src/StorageEngines.Transport/", StringComparison.Ordinal)
            where ProcessOrClient().IsMatch(File.ReadAllText(file))
            select Repository.Relative(file));

    [Fact]
    public void No_exception_is_swallowed_and_nothing_is_left_undone()
        => AssertNone(
            from file in Repository.SourceFiles("src", "plugins", "benchmarks")
            from match in Undone().Matches(File.ReadAllText(file))
            select $"{Repository.Relative(file)}: {match.Value}");

    [Fact]
    public void Plugins_use_source_generated_JSON_only()
        => AssertNone(
            from file in Repository.SourceFiles("plugins")
            where ReflectionJson().IsMatch(File.ReadAllText(file))
            select Repository.Relative(file));

    private static IEnumerable<string> ProjectReferences(string project)
        => Reference().Matches(File.ReadAllText(Directory.GetFiles(Path.Combine(Repository.Root, project), "*.csproj").Single()))
            .Select(match => match.Groups["name"].Value);

    private static void AssertNone(IEnumerable<string> found) => Assert.Equal("", string.Join('\n', found));

    [GeneratedRegex(@"^public (?:(?:sealed|static|abstract|readonly|partial|ref|unsafe) )*(?:class|struct|interface|enum|record struct|record|delegate \S+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*/(?<name>[\w.]+)\.csproj""(?![^>]*ReferenceOutputAssembly=""false"")")]
    private static partial Regex Reference();

    [GeneratedRegex(@"new ProcessStartInfo|Process\.Start\(|new HttpClient\(|new SocketsHttpHandler")]
    private static partial Regex ProcessOrClient();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|catch\s*(\(\s*Exception[^)]*\))?\s*\{\s*\}")]
    private static partial Regex Undone();

    [GeneratedRegex(@"JsonSerializer\.(Serialize|Deserialize)(Async)?(<[^>]*>)?\([^;]*(?<!Context\.Default\.\w+)\)\s*;")]
    private static partial Regex ReflectionJson();
}
