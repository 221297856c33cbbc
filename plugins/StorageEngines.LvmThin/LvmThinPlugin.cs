using StorageEngines;
using StorageEngines.LvmThin;

[assembly: StorageEnginePlugin(EngineContract.Version, typeof(LvmThinEngineFactory))]
