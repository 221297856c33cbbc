namespace StorageEngines.EngineBenchmarks;

internal enum ContestantRole
{
    Engine,
    Peer,
    Limit,
}
