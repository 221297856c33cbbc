namespace StorageEngines.EngineBenchmarks.Measuring;

internal enum ContestantRole
{
    Engine,
    Peer,
    Limit,
}
