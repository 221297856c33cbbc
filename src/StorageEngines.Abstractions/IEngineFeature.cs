namespace StorageEngines;

/// <summary>Marks an interface as a feature of an engine. A new ability is a new interface, so that old plug-ins keep loading.</summary>
public interface IEngineFeature;
