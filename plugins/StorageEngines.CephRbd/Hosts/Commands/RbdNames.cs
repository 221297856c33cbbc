using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>Says whether the program rbd can be given a name.</summary>
internal static class RbdNames
{
    /// <summary>Refuses a snapshot that it cannot be given by its name.</summary>
    /// <exception cref="StorageEngineException">Unimplemented.</exception>
    internal static void Require(RbdSnapshot snapshot)
    {
        RequireUsers(snapshot);
        Require(snapshot.Name);
    }

    /// <summary>Refuses a snapshot that is no user's.</summary>
    /// <exception cref="StorageEngineException">Unimplemented.</exception>
    internal static void RequireUsers(RbdSnapshot snapshot)
    {
        if (snapshot.Space != SnapshotSpace.User)
        {
            throw CephRbdErrors.NotSupported(EngineStatus.Unimplemented, $"The snapshot '{snapshot.Label}' is a group's, which the program rbd cannot be asked for by itself; reach the cluster through librbd (setting 'access').");
        }
    }

    /// <summary>Refuses a name that was not UTF-8, which shows as U+FFFD: rbd would be asked for another one.</summary>
    /// <exception cref="StorageEngineException">Unimplemented.</exception>
    internal static void Require(string name)
    {
        if (name.Contains('\uFFFD'))
        {
            throw CephRbdErrors.NotSupported(EngineStatus.Unimplemented, $"The name '{name}' is not UTF-8, so that the program rbd cannot be given it; rename it ('rbd rename', 'rbd snap rename').");
        }
    }
}
