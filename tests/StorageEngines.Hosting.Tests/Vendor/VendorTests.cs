using System.Text.Json;

namespace StorageEngines.Hosting.Tests;

/// <summary>What a storage vendor does, from our packages to an engine that a user sees.</summary>
[Trait("Category", "Vendor")]
public sealed class VendorTests
{
    private static readonly string[] Packages =
    [
        "src/StorageEngines.Abstractions", "src/StorageEngines", "src/StorageEngines.Testing", "tests/StorageEngines.Specification.Tests",
    ];

    [Fact]
    public async Task Engine_outside_of_the_solution_is_built_from_packages_passes_the_laws_and_is_listed()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(15));
        using var workshop = new VendorWorkshop();
        foreach (string package in Packages)
        {
            await workshop.PackAsync(package, deadline.Token);
        }

        workshop.InheritEveryLaw();
        string tests = Path.Combine(workshop.Sources, "Acme.Engine.Tests");
        await workshop.DotnetAsync(["build", tests, "--nologo", "-p:StorageEnginesVersion=" + workshop.PackedVersion()], deadline.Token);
        string laws = await workshop.DotnetAsync(["exec", Path.Combine(tests, "bin/Debug/net10.0/Acme.Engine.Tests.dll"), "-noColor"], deadline.Token);
        Assert.Matches("Total: [1-9][0-9]+, Errors: 0, Failed: 0,", laws);
        TestContext.Current.TestOutputHelper?.WriteLine(laws[laws.LastIndexOf("===", StringComparison.Ordinal)..]);

        workshop.Install("acme", "3.1.4");
        using JsonDocument listed = JsonDocument.Parse(await workshop.CliAsync(["engines", "--json"], deadline.Token));
        JsonElement acme = listed.RootElement.GetProperty("engines").EnumerateArray().Single(engine => engine.GetProperty("scheme").GetString() == "acme");
        Assert.Equal("3.1.4", acme.GetProperty("version").GetString());
        Assert.Equal("1.0", acme.GetProperty("contract").GetString());
        Assert.Empty(listed.RootElement.GetProperty("failures").EnumerateArray());
        Assert.Contains("acme", await workshop.CliAsync(["engines"], deadline.Token));

        // The tool has a Spectre.Console of its own; the engine must run on the vendor's.
        Assert.Contains("Spectre.Console 99.0.0.0", await workshop.CliAsync(["probe"], deadline.Token));
    }
}
