namespace StorageEngines.EngineBenchmarks.Wire;

/// <summary>What went over the connection.</summary>
/// <param name="Commands">Commands that were started.</param>
/// <param name="Sent">Bytes of standard input.</param>
/// <param name="Received">Bytes of standard output.</param>
internal readonly record struct WireCounts(long Commands, long Sent, long Received)
{
    public static WireCounts operator -(WireCounts after, WireCounts before)
        => new(after.Commands - before.Commands, after.Sent - before.Sent, after.Received - before.Received);
}
