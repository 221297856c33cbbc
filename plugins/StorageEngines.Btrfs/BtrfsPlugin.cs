using StorageEngines;
using StorageEngines.Btrfs;

[assembly: StorageEnginePlugin(EngineContract.Version, typeof(BtrfsEngineFactory))]
