namespace StorageEngines.Testing.Tests.Specification;

/// <summary>The in-memory engine with one fault. Its constructor takes an argument, so that no compliance test takes it for an engine.</summary>
public sealed class BrokenFixture(InMemoryFault fault) : InMemoryFixture(fault);
