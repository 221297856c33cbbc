namespace StorageEngines.Hosting;

/// <summary>A plug-in in memory.</summary>
internal sealed record LoadedPlugin(PluginLoadContext Context, IStorageEngineFactory Factory, ContractVersion Contract, IReadOnlyList<EngineSetting> Settings);
