using System.Reflection;

namespace StorageEngines.Specification;

/// <summary>Fails the engine whose test assembly leaves a test base out. Derive one class from it per engine.</summary>
/// <typeparam name="TFixture">The engine's fixture; its <see cref="EngineFixture.Waivers"/> are checked and printed.</typeparam>
public abstract class ComplianceTestBase<TFixture>
    where TFixture : EngineFixture, new()
{
    /// <summary>The test bases that an engine has to inherit.</summary>
    /// <returns>The open generic types.</returns>
    public static IReadOnlyList<Type> TestBases()
        => [.. typeof(EngineFixture).Assembly.GetExportedTypes().Where(IsTestBase).OrderBy(type => type.Name, StringComparer.Ordinal)];

    /// <summary>Each base has a class in the engine's test assembly that can be run, or a waiver.</summary>
    [Fact]
    public void Compliance_every_test_base_is_inherited_or_waived()
    {
        HashSet<string> waived = [.. new TFixture().Waivers.Select(waiver => waiver.BaseOrLaw)];
        HashSet<Type> inherited = [.. GetType().Assembly.GetTypes().Where(type => type is { IsAbstract: false, IsPublic: true }).SelectMany(BasesOf)];
        var missing = TestBases().Where(type => !inherited.Contains(type) && !waived.Contains(NameOf(type))).Select(NameOf).ToList();
        Assert.True(
            missing.Count == 0,
            $"No public class in {GetType().Assembly.GetName().Name} derives from: {string.Join(", ", missing)} (with {typeof(TFixture).Name}). Derive one, or waive it with a reason.");
    }

    /// <summary>Each waiver names a base or a law that exists, and says why.</summary>
    [Fact]
    public void Compliance_every_waiver_has_a_reason_and_is_printed()
    {
        HashSet<string> known = [.. TestBases().Select(NameOf), .. TestBases().SelectMany(LawsOf)];
        foreach (LawWaiver waiver in new TFixture().Waivers)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"waived: {waiver.BaseOrLaw}: {waiver.Reason}");
            Assert.False(string.IsNullOrWhiteSpace(waiver.Reason), $"The waiver of {waiver.BaseOrLaw} gives no reason.");
            Assert.True(known.Contains(waiver.BaseOrLaw), $"The waiver of {waiver.BaseOrLaw} names neither a test base nor a law.");
        }
    }

    /// <summary>The laws of a test base.</summary>
    /// <param name="testBase">One of <see cref="TestBases"/>.</param>
    /// <returns>The names of their methods.</returns>
    public static IReadOnlyList<string> LawsOf(Type testBase)
    {
        ArgumentNullException.ThrowIfNull(testBase);
        return [.. testBase.GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null).Select(method => method.Name)];
    }

    private static string NameOf(Type type) => type.Name.Split('`')[0];

    private static bool IsTestBase(Type type)
        => type is { IsAbstract: true, IsGenericTypeDefinition: true } && type != typeof(SpecificationTestBase<>) && DerivesFromSpecification(type);

    private static bool DerivesFromSpecification(Type type)
    {
        for (Type? each = type.BaseType; each is not null; each = each.BaseType)
        {
            if (each.IsGenericType && each.GetGenericTypeDefinition() == typeof(SpecificationTestBase<>))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<Type> BasesOf(Type type)
    {
        for (Type? each = type.BaseType; each is not null; each = each.BaseType)
        {
            if (each.IsGenericType && typeof(TFixture).IsAssignableFrom(each.GetGenericArguments()[0]))
            {
                yield return each.GetGenericTypeDefinition();
            }
        }
    }
}
