using System.Globalization;

namespace StorageEngines.Testing.Tests.Specification;

/// <summary>A fault and a law that has to notice it.</summary>
internal sealed record FaultCase(InMemoryFault Fault, Type TestClass, string Law, params object[] Arguments)
{
    /// <summary>The law's number; 0 for a rule without one.</summary>
    public int Number => int.TryParse(Law.AsSpan(3, 2), CultureInfo.InvariantCulture, out int number) ? number : 0;

    public async Task RunAsync(InMemoryFault fault)
    {
        await using InMemoryFixture fixture = fault == InMemoryFault.None ? new InMemoryFixture() : new BrokenFixture(fault);
        await fixture.InitializeAsync();
        object law = Activator.CreateInstance(TestClass, fixture)!;
        await (Task)TestClass.GetMethod(Law)!.Invoke(law, Arguments)!;
    }

    public override string ToString() => $"{Fault}: {Law}({string.Join(", ", Arguments)})";
}
