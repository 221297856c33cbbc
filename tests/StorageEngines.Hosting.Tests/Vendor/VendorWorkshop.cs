using System.Text;
using StorageEngines.Transport;

namespace StorageEngines.Hosting.Tests;

/// <summary>
/// A vendor's own place: a copy of tests/VendorSample outside of the repository, a folder feed with our packages, and a package cache of its own. Other
/// people's packages come from the cache that the repository was restored into, so that nothing is downloaded.
/// </summary>
internal sealed class VendorWorkshop : IDisposable
{
    private static readonly string Root = TestPlugins.Metadata("RepositoryRoot");
    private static readonly string Configuration = TestPlugins.Metadata("Configuration");
    private static readonly int[] AnyExitCode = [.. Enumerable.Range(0, 256)];

    private readonly LocalCommandRunner _runner = new();
    private readonly string _home = Directory.CreateTempSubdirectory("seng-test-vendor-").FullName;

    public VendorWorkshop()
    {
        CopyTree(Path.Combine(Root, "tests", "VendorSample"), Sources);
        Directory.CreateDirectory(Feed);
        LendPackages();
        File.WriteAllText(Path.Combine(Sources, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="lent" value="{Lent}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    public string Sources => Path.Combine(_home, "sources");

    public string Plugins => Path.Combine(_home, "plugins");

    private string Feed => Path.Combine(_home, "feed");

    private string Lent => Path.Combine(_home, "lent");

    /// <summary>Packs a built project of ours into the feed.</summary>
    public Task PackAsync(string project, CancellationToken cancellationToken)
        => DotnetAsync(["pack", Path.Combine(Root, project), "--no-build", "--nologo", "-c", Configuration, "-o", Feed], cancellationToken);

    /// <summary>The version of the packages in the feed.</summary>
    public string PackedVersion()
    {
        const string Prefix = "StorageEngines.Abstractions.";
        return Path.GetFileNameWithoutExtension(Directory.GetFiles(Feed, Prefix + "*.nupkg").Single())[Prefix.Length..];
    }

    /// <summary>Runs <c>dotnet</c>; an exit code other than 0 fails the test with what was printed.</summary>
    public async Task<string> DotnetAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var request = new CommandRequest("dotnet", [.. arguments.Select(CommandArgument.FromString)])
        {
            SuccessExitCodes = AnyExitCode,
            Environment = new Dictionary<string, string>
            {
                ["NUGET_PACKAGES"] = Path.Combine(_home, "cache"),
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["UseSharedCompilation"] = "false",
                ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
                ["DOTNET_NOLOGO"] = "1",
            },
        };
        CommandResult result = await _runner.RunAsync(request, cancellationToken: cancellationToken);
        string output = Encoding.UTF8.GetString(result.StandardOutput.Span);
        Assert.True(result.Exit.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {result.Exit.ExitCode}:\n{output}\n{result.Exit.StandardErrorTail}");
        return output;
    }

    /// <summary>Writes the vendor's line for every test base of the specification that there is.</summary>
    public void InheritEveryLaw()
    {
        IEnumerable<string> bases = Directory.GetFiles(Path.Combine(Root, "tests", "StorageEngines.Specification.Tests"), "*TestBase.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension).OfType<string>()
            .Where(name => name is not ("SpecificationTestBase" or "ComplianceTestBase"));
        File.WriteAllLines(
            Path.Combine(Sources, "Acme.Engine.Tests", "AcmeSpecification.cs"),
            ["using StorageEngines.Specification;", "namespace Acme.Tests;", .. bases.Select(name => $"public sealed class Acme{name[..^8]}(AcmeFixture fixture) : {name}<AcmeFixture>(fixture);")]);
    }

    /// <summary>Installs the built engine as a person would: unpack beside, then rename.</summary>
    public void Install(string id, string version)
    {
        string staging = Path.Combine(Plugins, ".new");
        CopyTree(Path.Combine(Sources, "Acme.Engine", "bin", "Debug", "net10.0"), staging);
        Directory.CreateDirectory(Path.Combine(Plugins, id));
        Directory.Move(staging, Path.Combine(Plugins, id, version));
    }

    /// <summary>Runs <c>storage-engines</c> with the vendor's plug-in directory.</summary>
    public Task<string> CliAsync(string[] arguments, CancellationToken cancellationToken)
        => DotnetAsync(
            ["exec", Path.Combine(Root, "src", "StorageEngines.Cli", "bin", Configuration, "net10.0", "storage-engines.dll"), .. arguments, "--plugins", Plugins],
            cancellationToken);

    public void Dispose() => Directory.Delete(_home, recursive: true);

    // A cache may hold our own packages from elsewhere; those are not lent.
    private void LendPackages()
    {
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(Lent);
        foreach (string package in Directory.GetDirectories(cache).Where(path => !Path.GetFileName(path).StartsWith("storageengines", StringComparison.OrdinalIgnoreCase)))
        {
            Directory.CreateSymbolicLink(Path.Combine(Lent, Path.GetFileName(package)), package);
        }
    }

    private static void CopyTree(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        foreach (string directory in Directory.GetDirectories(source).Where(path => Path.GetFileName(path) != "obj"))
        {
            CopyTree(directory, Path.Combine(target, Path.GetFileName(directory)));
        }
    }
}
