using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>A cluster and its pools, as they were at one moment.</summary>
/// <param name="Fsid">The cluster's fsid.</param>
/// <param name="Pools">The names of pools by their numbers.</param>
internal sealed record ClusterFacts(string Fsid, IReadOnlyDictionary<long, string> Pools)
{
    private const int MostPools = 1 << 20;

    /// <summary>Reads them.</summary>
    /// <exception cref="CorruptDataException">The fields are others.</exception>
    internal static ClusterFacts Parse(Fields fields)
    {
        string fsid = fields.Text();
        if (fsid.Length == 0 || fsid.Contains('/'))
        {
            throw fields.Damaged($"'{fsid}' is no fsid");
        }

        long count = fields.Number();
        if (count is < 0 or > MostPools)
        {
            throw fields.Damaged($"there cannot be {count} pools");
        }

        var pools = new Dictionary<long, string>();
        for (; count > 0; count--)
        {
            long number = fields.Number();
            pools[number] = fields.Text();
        }

        return new ClusterFacts(fsid, pools);
    }

    /// <summary>The number of the pool that has a name; null if there is none.</summary>
    internal long? NumberOf(string pool)
    {
        foreach ((long number, string name) in Pools)
        {
            if (name == pool)
            {
                return number;
            }
        }

        return null;
    }
}
