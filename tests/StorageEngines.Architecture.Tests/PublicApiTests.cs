using System.Reflection;

namespace StorageEngines.Architecture.Tests;

/// <summary>
/// The public surface of each shipped assembly is kept in a text file that a person reviews. <c>SENG_APPROVE=1</c> rewrites the files.
/// </summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> ShippedAssemblies => new(
        "StorageEngines.Abstractions",
        "StorageEngines",
        "StorageEngines.Hosting",
        "StorageEngines.Transport",
        "StorageEngines.Testing",
        "StorageEngines.Specification.Tests");

    [Theory]
    [MemberData(nameof(ShippedAssemblies))]
    public void The_public_API_is_the_approved_one(string assembly)
    {
        string approvedFile = Path.Combine(Repository.Root, "tests/StorageEngines.Architecture.Tests/Approved", assembly + ".txt");
        string[] actual = PublicApiText.Describe(Assembly.Load(assembly));
        if (Environment.GetEnvironmentVariable("SENG_APPROVE") == "1")
        {
            File.WriteAllText(approvedFile, string.Join('\n', actual) + "\n");
        }

        string[] approved = File.Exists(approvedFile) ? File.ReadAllLines(approvedFile) : [];
        string difference = string.Join('\n', approved.Except(actual).Select(line => "- " + line).Concat(actual.Except(approved).Select(line => "+ " + line)));
        Assert.True(difference.Length == 0 && approved.Length == actual.Length,
            $"The public API of {assembly} is not the approved one. If the change is meant, run SENG_APPROVE=1 ./eng/test.sh Architecture and review the file.\n{difference}");
    }

    [Fact]
    public void The_contract_has_no_third_party_type()
    {
        string[] foreign = [.. Assembly.Load("StorageEngines.Abstractions").GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal))];
        Assert.Empty(foreign);
    }
}
