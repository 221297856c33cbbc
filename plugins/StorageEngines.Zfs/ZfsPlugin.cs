using StorageEngines;
using StorageEngines.Zfs;

[assembly: StorageEnginePlugin(EngineContract.Version, typeof(ZfsEngineFactory))]
