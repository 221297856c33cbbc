namespace StorageEngines.EngineBenchmarks;

internal enum Workload
{
    Tree,
    Image,
}
