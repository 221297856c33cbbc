using StorageEngines;
using StorageEngines.CephRbd;

[assembly: StorageEnginePlugin(EngineContract.Version, typeof(CephRbdEngineFactory))]
