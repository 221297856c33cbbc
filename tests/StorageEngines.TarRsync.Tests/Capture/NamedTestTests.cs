using System.Reflection;
using System.Text.RegularExpressions;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>docs/change-detection.md says which test shows what.</summary>
public sealed partial class NamedTestTests
{
    [Fact]
    public void Each_test_that_the_page_names_exists()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "change-detection.md"));
        HashSet<string> tests = [.. GetType().Assembly.GetTypes().SelectMany(Tests)];
        List<string> named = [.. Names().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.True(named.Count > 15, $"{named.Count} tests are named");
        Assert.Equal("", string.Join(' ', named.Except(tests)));
    }

    private static IEnumerable<string> Tests(Type type)
        => type.GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>().Any()).Select(method => $"{type.Name}.{method.Name}");

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "StorageEngines.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("the repository's root");
        }

        return directory;
    }

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex Names();
}
