using Xunit.Sdk;

namespace StorageEngines.Testing.Tests.Specification;

/// <summary>The test of the tests: each fault is noticed by the law that is there for it, and the unbroken engine passes that law.</summary>
public sealed class SpecificationIsTestedTests
{
    private const int Laws = 28;

    public static TheoryData<int> CaseNumbers { get; } = [.. Enumerable.Range(0, FaultTable.Cases.Count)];

    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public async Task A_fault_is_noticed_by_its_law(int number)
    {
        FaultCase each = FaultTable.Cases[number];
        TestContext.Current.TestOutputHelper?.WriteLine(each.ToString());
        Exception? unbroken = await Record.ExceptionAsync(() => each.RunAsync(InMemoryFault.None));
        Assert.True(unbroken is null, $"{each}: the unbroken engine does not pass: {unbroken}");
        Exception? broken = await Record.ExceptionAsync(() => each.RunAsync(each.Fault));
        Assert.True(broken is not null, $"{each}: the law does not notice the fault.");
        Assert.True(broken is XunitException, $"{each}: the fault is noticed by something else than an assertion: {broken}");
        Assert.False(broken.Message.StartsWith("$XunitDynamicSkip$", StringComparison.Ordinal), $"{each}: the law was skipped: {broken.Message}");
        TestContext.Current.TestOutputHelper?.WriteLine(broken.Message);
    }

    [Fact]
    public void Every_fault_has_a_law()
    {
        IEnumerable<InMemoryFault> missing = Enum.GetValues<InMemoryFault>()
            .Where(fault => fault != InMemoryFault.None && FaultTable.Cases.All(each => each.Fault != fault));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_law_has_a_fault_or_a_reason()
    {
        int[] missing = [.. Enumerable.Range(1, Laws).Except(FaultTable.Cases.Select(each => each.Number)).Except(FaultTable.LawsWithoutFault.Keys)];
        Assert.Empty(missing);
        Assert.All(FaultTable.LawsWithoutFault.Values, reason => Assert.NotEmpty(reason));
    }

    [Fact]
    public void Every_law_of_both_kinds_of_volume_is_proven_on_both()
    {
        IEnumerable<string> missing =
            from each in FaultTable.Cases
            where each.Arguments.OfType<VolumeKind>().Any()
            group each by (each.Fault, each.Law) into rows
            where rows.SelectMany(row => row.Arguments.OfType<VolumeKind>()).Distinct().Count() < 2
            select $"{rows.Key.Fault}: {rows.Key.Law}";
        Assert.Empty(missing);
    }
}
