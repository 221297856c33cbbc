using StorageEngines;
using StorageEngines.TarRsync;

[assembly: StorageEnginePlugin(EngineContract.Version, typeof(TarRsyncEngineFactory))]
