using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Whether OSDs answer, which monitors do not tell at once. Blocks.</summary>
internal static class OsdProbe
{
    private const string Directory = "rbd_directory";

    /// <summary>Asks in each pool for the object that a list of images begins with. That there is none, or that the user may not, is an answer.</summary>
    /// <exception cref="StorageEngineException">Nobody answers.</exception>
    internal static void Run(ClusterConnection connection)
    {
        foreach (string name in connection.ListPools())
        {
            long id = connection.FindPool(name);
            PoolHandle? pool = null;
            int result = id < 0 ? (int)id : connection.TryPool(id, "", out pool);
            result = result < 0 ? result : Rados.Stat(pool!, Directory, out _, out _);
            if (result < 0 && result is not (-Errno.ENOENT or -Errno.EPERM or -Errno.EACCES or -Errno.EOPNOTSUPP))
            {
                throw connection.Failure("reach the OSDs of pool", name, -result);
            }
        }
    }
}
