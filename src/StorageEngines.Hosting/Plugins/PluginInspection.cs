namespace StorageEngines.Hosting;

/// <summary>What metadata says about a plug-in, read with nothing loaded.</summary>
/// <param name="Contract">The contract that it was built for.</param>
/// <param name="FactoryType">The full name of its factory type.</param>
/// <param name="FactoryToken">The type's metadata token; 0 if it was not found by that name.</param>
/// <param name="References">The assemblies that it names.</param>
internal sealed record PluginInspection(ContractVersion Contract, string FactoryType, int FactoryToken, IReadOnlyList<(string Name, Version Version)> References);
