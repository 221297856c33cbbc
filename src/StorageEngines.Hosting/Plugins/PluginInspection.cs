namespace StorageEngines.Hosting;

/// <summary>What metadata says about a plug-in, read with nothing loaded.</summary>
/// <param name="Contract">The contract that it was built for.</param>
/// <param name="FactoryType">The full name of its factory type.</param>
/// <param name="References">The assemblies that it names.</param>
internal sealed record PluginInspection(ContractVersion Contract, string FactoryType, IReadOnlyList<(string Name, Version Version)> References);
