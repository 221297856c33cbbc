namespace StorageEngines.TarRsync.Store;

/// <summary>The 256 numbers of the rolling hash: SplitMix64 from the recorded seed.</summary>
internal static class GearTable
{
    /// <summary>Makes the table.</summary>
    internal static ulong[] Make(ulong seed)
    {
        var table = new ulong[256];
        for (int i = 0; i < table.Length; i++)
        {
            unchecked
            {
                seed += 0x9E3779B97F4A7C15;
                ulong word = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
                word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
                table[i] = word ^ (word >> 31);
            }
        }
        return table;
    }
}
